"""Where in the machine's control groups an agent may make groups of its own.

On v1 that is below the agent's own group. On v2 it is, in this order:

1. Where systemd runs, the nearest group at or above the agent's own that systemd has given away (`Delegate=yes`, which
   it marks with an extended attribute): everywhere else it is the only writer, and takes back what others have set
   (https://systemd.io/CGROUP_DELEGATION/).
2. Where systemd runs and has given nothing away, for root, the top of the hierarchy, as Docker does with its driver
   cgroupfs. Nobody else's processes have to be moved there.
3. Without systemd, as in a container, the agent's own group.
"""

import os
from contextlib import suppress
from pathlib import Path

from dinp.edges.small_files import read_text
from dinp.model.value import Value

AGENT_LEAF = "dinp-agent"
"""Where the agent and its neighbours move to on v2, so that their group may hold other groups (see cgroups.py)."""

_DELEGATED = ("user.delegate", "trusted.delegate")
"""Set to 1 by systemd (from 251 on, and before) on what it delegates (systemd's src/core/cgroup.c)."""

_SYSTEMD_RUNS = Path("/run/systemd/system")
"""sd_booted(3)."""


class Hierarchy(Value):
    """One mounted cgroup hierarchy.

    Attributes:
        controllers: names as in /proc/self/cgroup (`cpu`, `name=systemd`), empty on v2.
        base: the directory in which groups can be made.
        why: why it is that directory, in words.
    """

    controllers: tuple[str, ...]
    base: Path
    why: str

    @property
    def unified(self) -> bool:
        """Whether this is cgroup v2."""
        return not self.controllers


def hierarchies() -> tuple[Hierarchy, ...]:
    """The hierarchies that are mounted here and in which this process may make groups."""
    places: dict[tuple[str, ...], str] = {}
    for line in read_text("/proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        places[tuple(names.split(",")) if names else ()] = path
    found: dict[tuple[str, ...], Hierarchy] = {}
    for line in read_text("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        fields, (kind, _, options) = left.split(), right.split(" ", 2)
        if kind not in {"cgroup", "cgroup2"}:
            continue
        root, point = fields[3], Path(fields[4])
        for controllers, place in places.items():
            present = set(controllers) <= set(options.split(","))
            if controllers in found or (kind == "cgroup2") == bool(controllers) or not present:
                continue
            own = point / place.removeprefix(root.rstrip("/")).lstrip("/")
            hierarchy = Hierarchy(controllers, own, "the agent's own group") if controllers else _unified(own, point)
            if _usable(hierarchy.base):
                found[controllers] = hierarchy
    return tuple(found.values())


def _usable(base: Path) -> bool:
    # Moving a process takes the right to write where its old and its new group meet (cgroup-v2.rst, "Delegation").
    return base.is_dir() and os.access(base, os.W_OK) and os.access(base / "cgroup.procs", os.W_OK)


def _unified(own: Path, top: Path) -> Hierarchy:
    if own.name == AGENT_LEAF:
        own = own.parent
    if not _SYSTEMD_RUNS.is_dir():
        return Hierarchy((), own, "the agent's own group")
    for group in (own, *own.parents):
        if group == top or not group.is_relative_to(top):
            break
        if _delegated(group):
            return Hierarchy((), group, "systemd has delegated it")
    if os.geteuid() == 0 and _holds_controllers(top):
        return Hierarchy((), top, "systemd has delegated no group to the agent (Delegate=yes)")
    return Hierarchy((), own, "the agent's own group, which systemd has not delegated")


def _delegated(group: Path) -> bool:
    for name in _DELEGATED:
        with suppress(OSError):
            if os.getxattr(group, name) == b"1":
                return True
    return False


def _holds_controllers(top: Path) -> bool:
    """False on the empty v2 hierarchy beside v1 ones (systemd's hybrid layout), where there is nothing to gain."""
    return bool(read_text(f"{top}/cgroup.controllers").strip())
