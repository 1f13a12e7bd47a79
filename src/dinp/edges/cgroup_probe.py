"""How control groups are mounted here, and in which of them the agent may make groups of its own."""

from dinp.edges.cgroup_places import hierarchies
from dinp.edges.small_files import read_text
from dinp.model.choices import CgroupKind
from dinp.model.mountinfo import Mount
from dinp.model.node_facts import CgroupFacts


def probe_cgroups(mounts: tuple[Mount, ...]) -> CgroupFacts:
    """The kind of the mounts, and the writable hierarchies with their controllers."""
    places, controllers, why = [], [], ""
    for hierarchy in hierarchies():
        places.append(str(hierarchy.base))
        if hierarchy.unified:
            why = hierarchy.why
            controllers += read_text(f"{hierarchy.base}/cgroup.controllers").split()
        else:
            controllers += [name for name in hierarchy.controllers if not name.startswith("name=")]
    return CgroupFacts(kind(mounts), tuple(places), tuple(places), tuple(controllers), why)


def kind(mounts: tuple[Mount, ...]) -> CgroupKind:
    """v1, v2 or both, by what is mounted."""
    has_v1 = any(mount.kind == "cgroup" for mount in mounts)
    has_v2 = any(mount.kind == "cgroup2" for mount in mounts)
    if has_v1:
        return CgroupKind.HYBRID if has_v2 else CgroupKind.V1
    return CgroupKind.V2 if has_v2 else CgroupKind.NONE
