"""Which ids a tenant gets: a range of its own that nobody else on the machine is known to use, for ever the same."""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

from dinp.model.id_maps import IdExtent, is_first_namespace
from dinp.model.id_range import FIRST_TENANT_ID, IDS_PER_TENANT, LAST_TENANT_ID, IdRange
from dinp.model.problem import Problem, WorldRefusedError

LEAST_IDS = 65535
"""Enough for every id up to `nobody` (65534); what a pod with 65536 ids has left beside its own root."""


def allocate(
    tenant: str,
    recorded: Mapping[str, IdRange],
    foreign: Iterable[IdRange],
    own_map: tuple[IdExtent, ...],
    instance: str = "",
    promised: Iterable[IdRange] = (),
) -> IdRange:
    """The range of a tenant.

    Args:
        tenant: whose.
        recorded: ranges that tenants of this agent have, by name: their files carry these ids.
        foreign: ranges that others have: maps of living processes.
        own_map: the uid_map of the agent's own user namespace, which bounds what it can give away.
        instance: the agent's name. Agents cannot see each other's records, so each begins its search elsewhere.
        promised: ranges in /etc/subuid and /etc/subgid. In a namespace of 65536 ids these are lines of a container's
            image, for an agent that is an ordinary user: they would leave nothing to an agent that is root.

    Returns:
        The recorded range where there is one, else the first free one.

    Raises:
        WorldRefusedError: none is left.
    """
    if tenant in recorded:
        return recorded[tenant]
    firsts, count = _candidates(own_map)
    taken = (*recorded.values(), *foreign, *(promised if count == IDS_PER_TENANT else ()))
    start = crc32(f"{instance}/{tenant}".encode()) % len(firsts) if is_first_namespace(own_map) else 0
    for index in range(len(firsts)):
        ids = IdRange(firsts[(start + index) % len(firsts)], count)
        if not any(ids.overlaps(other) for other in taken):
            return ids
    raise WorldRefusedError(
        Problem(
            "no-free-ids",
            f"No range of {IDS_PER_TENANT} user ids is left for {f'tenant {tenant}' if tenant else 'any tenant'}:"
            f" {len(firsts)} could be given here.",
            "Remove tenants that are gone from the state directory; in a pod with hostUsers: false run one tenant per"
            " pod, set engine.isolation to rootless, or hostUsers: true.",
        )
    )


def _candidates(own_map: tuple[IdExtent, ...]) -> tuple[Sequence[int], int]:
    """Where every range begins that could be given away, in the agent's own ids, and how long they are."""
    if is_first_namespace(own_map):
        return range(FIRST_TENANT_ID, LAST_TENANT_ID, IDS_PER_TENANT), IDS_PER_TENANT
    # Id 0 is the agent's own root, which no tenant may be.
    extents = [(max(1, extent.inside), extent.inside + extent.length) for extent in own_map]
    whole: list[int] = []
    for first, end in extents:
        aligned = -(-first // IDS_PER_TENANT) * IDS_PER_TENANT
        whole += range(aligned, end - IDS_PER_TENANT + 1, IDS_PER_TENANT)
    if whole:
        return whole, IDS_PER_TENANT
    first, end = max(extents, key=lambda extent: extent[1] - extent[0], default=(0, 0))
    return ([first], end - first) if end - first >= LEAST_IDS else ([], LEAST_IDS)
