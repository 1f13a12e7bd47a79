"""What a tenant's use of the disk means, against its limit (`engine.limits.disk`).

Nothing in the kernel bounds a directory, so the agent looks from time to time and acts before kubelet does: kubelet
evicts the whole pod when an emptyDir exceeds its `sizeLimit`, and looks itself only every ten seconds at best
(kubelet's pkg/kubelet/eviction, localStorageEviction).
"""

from enum import Enum

from dinp.model.problem import Problem

LOOK_EVERY = 5.0
"""Seconds between two looks at what an engine uses."""

PRUNE_WITHIN = 120.0
"""Seconds that an engine gets to remove what it can. A tenant who is root in it can let the request unanswered; a
removal that takes longer goes on with the next one."""

_SCARCE_FROM = 0.85
_LOOK_AFTER = 1 / 64
"""Of the limit: when the file system's free space has changed by less, nobody need look again."""


class Verdict(Enum):
    """How things stand."""

    ENOUGH = "there is enough"
    SCARCE = "what can be made again is removed"
    USED_UP = "whoever writes is ended"


def judge(used: int, limit: int, left_behind: int = 0) -> Verdict:
    """What use of the disk means under a limit.

    Args:
        used: bytes.
        limit: bytes.
        left_behind: bytes that were there when an engine was started again that had been ended for its limit. As long
            as they are being removed only what comes on top is too much.
    """
    if used >= max(limit, left_behind + limit * _LOOK_AFTER):
        return Verdict.USED_UP
    return Verdict.SCARCE if used >= limit * _SCARCE_FROM else Verdict.ENOUGH


def worth_a_look(free_before: int | None, free_now: int, limit: int) -> bool:
    """Whether to add up a tenant's files, which takes long where there are many.

    Args:
        free_before: bytes that were free on the file system at the last look; None before the first.
        free_now: bytes that are free now. Others may use the file system too: then a look was for nothing.
        limit: bytes that the tenant may use.
    """
    return free_before is None or abs(free_before - free_now) >= limit * _LOOK_AFTER


def used_up(tenant: str, used: int, limit: int) -> Problem:
    """Why an engine was ended."""
    return Problem(
        "disk-limit",
        f"The engine of tenant {tenant} used {used // 2**20} MiB of disk, of {limit // 2**20} MiB that it may, and was"
        " ended with everything in it, before kubelet would have evicted the pod.",
        "Raise engine.limits.disk (in a pod storage.size), or pull and build less in one job.",
    )
