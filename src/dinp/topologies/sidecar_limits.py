"""What a sidecar's engine may use, from what its container may use."""

from dinp.model.engine_spec import IsolationKind, Limits
from dinp.model.service_spec import ServiceSpec
from dinp.model.value import replace

_AGENT = 64 * 2**20
"""Bytes of the container's memory for the agent itself, which has some 30 MB at work, and its files in memory."""

_LEAST = 64 * 2**20
"""Bytes below which `engine.limits.memory` is refused: no engine lives with less."""


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
    return limits
