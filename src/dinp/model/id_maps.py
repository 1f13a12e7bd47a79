"""User namespaces as the kernel and /etc tell them: uid_map, gid_map, subuid, subgid."""

from dinp.model.id_range import IdRange
from dinp.model.value import Value

WHOLE = 0xFFFF_FFFF
"""How many ids the first user namespace maps; 2^32 - 1 is no id (user_namespaces(7))."""


class IdExtent(Value):
    """`length` ids from `inside` on are those from `outside` on in the parent namespace."""

    inside: int
    outside: int
    length: int


class SubIds(Value):
    """One line of /etc/subuid or /etc/subgid: ids that `owner` (a name or a number) may map."""

    owner: str
    ids: IdRange


def parse_id_map(text: str) -> tuple[IdExtent, ...]:
    """The extents of a uid_map or gid_map file; an empty file (a namespace without a map yet) has none."""
    extents = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 3 and all(field.isdigit() for field in fields):
            extents.append(IdExtent(*(int(field) for field in fields)))
    return tuple(extents)


def parse_sub_ids(text: str) -> tuple[SubIds, ...]:
    """The lines of /etc/subuid or /etc/subgid (subuid(5)); comments and lines that are none are passed over."""
    entries = []
    for line in text.splitlines():
        fields = line.split("#", 1)[0].strip().split(":")
        if len(fields) == 3 and fields[0] and fields[1].isdigit() and fields[2].isdigit():
            entries.append(SubIds(fields[0], IdRange(int(fields[1]), int(fields[2]))))
    return tuple(entries)


def is_first_namespace(extents: tuple[IdExtent, ...]) -> bool:
    """Whether a map is that of the machine's first user namespace, which maps every id to itself."""
    return extents == (IdExtent(0, 0, WHOLE),)


def mapped_ranges(extents: tuple[IdExtent, ...]) -> tuple[IdRange, ...]:
    """The ids of the reader's namespace that a map takes, without the first namespace's map and single ids.

    A process that maps only its own id (`unshare -r`) takes no range from anybody.
    """
    if is_first_namespace(extents):
        return ()
    return tuple(IdRange(extent.outside, extent.length) for extent in extents if extent.length > 1)


def sub_id_count(entries: tuple[SubIds, ...], user: str, uid: int) -> int:
    """How many ids belong to the user, by name or by number (subuid(5)).

    Ranges count together: rootlesskit maps one after the other (rootlesskit, pkg/parent, newugidmapArgs).
    """
    return sum(ids.count for ids in {entry.ids for entry in entries if entry.owner in (user, str(uid))})
