"""Which ids are taken on this machine, and which ones this process has to give."""

import os

from dinp.edges.small_files import read_text
from dinp.model.id_maps import IdExtent, mapped_ranges, parse_id_map, parse_sub_ids
from dinp.model.id_range import IdRange


def promised_ranges() -> tuple[IdRange, ...]:
    """Every range of ids that a line of /etc/subuid or /etc/subgid gives to somebody."""
    sub_ids = (*parse_sub_ids(read_text("/etc/subuid")), *parse_sub_ids(read_text("/etc/subgid")))
    return tuple(entry.ids for entry in sub_ids)


def own_id_map() -> tuple[IdExtent, ...]:
    """The ids of this process's user namespace, which bound what it can give to tenants."""
    return parse_id_map(read_text("/proc/self/uid_map"))


def living_ranges() -> tuple[IdRange, ...]:
    """Ranges of ids that user namespaces of living processes map, seen from this process's namespace.

    Most processes share a namespace with their neighbours: maps are compared as text, and parsed once each.
    """
    own = read_text("/proc/self/uid_map")
    texts = set()
    for name in os.listdir("/proc"):
        if name.isdigit() and (text := read_text(f"/proc/{name}/uid_map")) not in (own, ""):
            texts |= {text, read_text(f"/proc/{name}/gid_map")}
    return tuple(sorted({ids for text in texts for ids in mapped_ranges(parse_id_map(text))}))
