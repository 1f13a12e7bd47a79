"""What the end of an engine means, from its last lines."""

from dinp.model.problem import Problem
from dinp.model.value import Value

_QUOTED = 3
_NO_THREADS = ("runtime: failed to create new OS thread", "pthread_create failed: Resource temporarily unavailable")
"""How a program in Go ends when it gets no thread (EAGAIN of clone(2); Go: src/runtime/os_linux.go, runtime/cgo)."""


def explain_exit(tenant: str, how: str, words: str) -> Problem:
    """The cause in words, from the catalogue where it knows the lines, else with the engine's own last ones.

    Args:
        tenant: whose engine it was.
        how: how it ended, e.g. `exit code 1`.
        words: its last lines, oldest first.
    """
    if any(sign in words for sign in _NO_THREADS):
        return Problem(
            "too-many-processes",
            f"The engine of tenant {tenant} ended with {how}: it could not start a thread, because the limit of"
            " processes and threads was reached.",
            "Raise engine.limits.pids (`dinp run --pids`; in a pod kubelet's podPidsLimit).",
        )
    last = " | ".join(line.strip() for line in words.splitlines()[-_QUOTED:] if line.strip())
    said = f" Its last words: {last}" if last else " It said nothing."
    return Problem(
        "engine-exited",
        f"The engine of tenant {tenant} ended with {how}.{said}",
        "The agent's log has all of its lines.",
    )


class Largest(Value):
    """The process that had the most memory when there was none left.

    Attributes:
        command: what it was started as; empty when it was gone before anybody looked.
        resident: bytes.
        container: short id of its container; empty for a step of a build and for the engine itself.
        build: whether it belonged to a step of a build.
    """

    command: str
    resident: int
    container: str = ""
    build: bool = False


def explain_out_of_memory(
    tenant: str, limit: int | None, largest: Largest | None, *, asked: int | None = None
) -> Problem:
    """What it means that the kernel ended a process of an engine because a limit of memory was reached.

    Args:
        tenant: whose engine it was.
        limit: bytes; None when it cannot be told.
        largest: the kernel ends the largest process; None when that was gone before anybody looked.
        asked: bytes of `engine.limits.memory`, of which containers have a little less; None without.
    """
    bound = f" of {limit // 2**20} MiB" if limit is not None else ""
    who = ""
    if largest is not None:
        where = f" in container {largest.container}" if largest.container else " in a step of a build"
        if not largest.container and not largest.build:
            where = " of the engine itself"
        who = f" The largest process was `{largest.command}`{where}, with {largest.resident // 2**20} MiB."
        if not largest.command:
            who = f" It was a process{where}."
    if asked is not None and limit is not None and limit < asked:
        who += f" Containers have {limit // 2**20} MiB of the engine's {asked // 2**20} MiB."
    return Problem(
        "out-of-memory",
        f"The memory limit{bound} of tenant {tenant} was reached, and the kernel killed a process.{who}",
        "Raise engine.limits.memory (in a pod resources.limits.memory), or give it less to do at once.",
    )
