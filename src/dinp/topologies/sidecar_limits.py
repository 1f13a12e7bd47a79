"""What a sidecar's engine may use, from what its container may use."""

from dinp.model.engine_spec import IsolationKind, Limits
from dinp.model.service_spec import ServiceSpec, StorageKind
from dinp.model.value import replace

_AGENT = 64 * 2**20
"""Bytes of the container's memory for the agent itself, which has some 30 MB at work, and its files in memory."""

_MIB = 2**20
_LEAST = 64 * _MIB
"""Bytes below which limits of memory and disk are refused: no engine lives with less."""

_OF_THE_DISK = 0.9
"""The rest is for what is written between two looks of the agent, and for what is no engine's."""


def engine_limits(spec: ServiceSpec) -> Limits:
    """The engine's limits, with those that were left open and follow from the container's.

    The kernel ends the largest process of the group whose memory is used up, and where kubelet has set
    memory.oom.group, every process. With a limit of its own a little below the container's, that group is the
    engine's, of which containers and build steps are the largest: neither the agent nor the engine is hit.
    A rootless engine may have no groups; there the container's limit has to do.
    """
    limits = spec.engine.limits
    if limits.memory is None and spec.limits.memory is not None and spec.engine.isolation is not IsolationKind.ROOTLESS:
        rest = spec.limits.memory - min(_AGENT, spec.limits.memory // 4)
        limits = replace(limits, memory=rest if rest >= _LEAST else None)
    disk = _disk(spec)
    if limits.disk is None and disk is not None:
        limits = replace(limits, disk=disk)
    return limits


def _disk(spec: ServiceSpec) -> int | None:
    """Below what kubelet evicts the pod for; nothing is known about volumes that others have made."""
    storage, own = spec.storage, spec.limits.ephemeral_storage
    if storage.kind not in {StorageKind.EMPTY_DIR, StorageKind.EPHEMERAL}:
        return None
    # An emptyDir counts as the node's disk, and so as the containers' ephemeral storage; a claim does not.
    counted = own if own is not None and storage.kind is StorageKind.EMPTY_DIR else storage.size
    disk = int(min(storage.size, counted) * _OF_THE_DISK) // _MIB * _MIB
    return disk if disk >= _LEAST else None
