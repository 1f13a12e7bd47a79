"""How control groups are mounted here, and in which of them the agent may make groups of its own."""

import os

from dinp.edges.cgroups import mounted_hierarchies
from dinp.edges.small_files import read_text
from dinp.model.choices import CgroupKind
from dinp.model.mountinfo import Mount
from dinp.model.node_facts import CgroupFacts


def probe_cgroups(mounts: tuple[Mount, ...]) -> CgroupFacts:
    """The kind of the mounts, and the writable hierarchies with their controllers."""
    own, writable, controllers = [], [], []
    for hierarchy in mounted_hierarchies():
        own.append(str(hierarchy.own))
        if not os.access(hierarchy.own, os.W_OK):
            continue
        writable.append(str(hierarchy.own))
        if hierarchy.unified:
            controllers += read_text(f"{hierarchy.own}/cgroup.controllers").split()
        else:
            controllers += [name for name in hierarchy.controllers if not name.startswith("name=")]
    return CgroupFacts(kind(mounts), tuple(own), tuple(writable), tuple(controllers))


def kind(mounts: tuple[Mount, ...]) -> CgroupKind:
    """v1, v2 or both, by what is mounted."""
    has_v1 = any(mount.kind == "cgroup" for mount in mounts)
    has_v2 = any(mount.kind == "cgroup2" for mount in mounts)
    if has_v1:
        return CgroupKind.HYBRID if has_v2 else CgroupKind.V1
    return CgroupKind.V2 if has_v2 else CgroupKind.NONE
