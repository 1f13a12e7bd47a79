"""The control groups of one engine: made below the agent's own, limited, handed to the engine's root, removed.

On v1 there is one directory per mounted hierarchy, on v2 one directory with a leaf `init` for the engine itself,
because a group with controllers enabled for its children may hold no process (cgroups(7), "no internal processes").
Only the directory and the files that the kernel names as delegatable change hands, never the limits
(Documentation/admin-guide/cgroup-v2.rst, "Delegation").
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from dinp.edges.process_events import wait_for_exit
from dinp.model.engine_spec import Limits
from dinp.model.id_range import IdRange

_LEAF = "init"
_DELEGATED = ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks", "memory.oom.group")
_CPU_PERIOD = 100_000


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted cgroup hierarchy, with the agent's own place in it.

    Attributes:
        controllers: names as in /proc/self/cgroup (`cpu`, `name=systemd`), empty on v2.
        own: directory of the agent's own group.
    """

    controllers: tuple[str, ...]
    own: Path

    @property
    def unified(self) -> bool:
        """Whether this is cgroup v2."""
        return not self.controllers


@dataclass(frozen=True, slots=True)
class EngineCgroup:
    """The directories of one engine's group, one per hierarchy."""

    hierarchies: tuple[tuple[Hierarchy, Path], ...]

    @property
    def directories(self) -> tuple[Path, ...]:
        """Every directory of the group."""
        return tuple(path for _, path in self.hierarchies)

    @property
    def unified_leaf(self) -> Path | None:
        """The leaf that the engine itself lives in on v2, when v2 carries controllers."""
        for hierarchy, path in self.hierarchies:
            if hierarchy.unified and (path / _LEAF).is_dir():
                return path / _LEAF
        return None


def mounted_hierarchies() -> tuple[Hierarchy, ...]:
    """The hierarchies that are mounted here and writable, from /proc/self/mountinfo and /proc/self/cgroup."""
    places: dict[tuple[str, ...], str] = {}
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, names, path = line.split(":", 2)
        places[tuple(names.split(",")) if names else ()] = path
    found: dict[tuple[str, ...], Hierarchy] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
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
            if own.is_dir() and os.access(own, os.W_OK):
                found[controllers] = Hierarchy(controllers, own)
    return tuple(found.values())


def make(name: str, limits: Limits, ids: IdRange | None) -> EngineCgroup:
    """Make the group `name` (a relative path such as `dinp-1a2b/team-a`) and put the limits on it.

    Raises:
        OSError: a directory or a limit was refused; nothing is left behind then.
    """
    made: list[tuple[Hierarchy, Path]] = []
    try:
        for hierarchy in mounted_hierarchies():
            path = hierarchy.own / name
            path.mkdir(parents=True, exist_ok=True)
            made.append((hierarchy, path))
            _prepare(hierarchy, path, name, limits)
            if ids is not None:
                _hand_over(path, ids)
    except OSError:
        remove(name)
        raise
    return EngineCgroup(tuple(made))


def _prepare(hierarchy: Hierarchy, path: Path, name: str, limits: Limits) -> None:
    if hierarchy.unified:
        available = (hierarchy.own / "cgroup.controllers").read_text(encoding="utf-8").split()
        if available:
            _enable_down_to(hierarchy.own, path, available)
            _set(path / "memory.max", limits.memory)
            _set(path / "memory.oom.group", 0)
            _set(path / "pids.max", limits.pids)
            _set(path / "cpu.max", None if limits.cpus is None else f"{int(limits.cpus * _CPU_PERIOD)} {_CPU_PERIOD}")
            (path / _LEAF).mkdir(exist_ok=True)
        return
    if "cpuset" in hierarchy.controllers:
        current = hierarchy.own
        for part in Path(name).parts:
            for file in ("cpuset.cpus", "cpuset.mems"):
                inherited = (current / file).read_text(encoding="utf-8")
                (current / part / file).write_text(inherited, encoding="utf-8")
            current /= part
    if "memory" in hierarchy.controllers:
        _set(path / "memory.limit_in_bytes", limits.memory)
    if "pids" in hierarchy.controllers:
        _set(path / "pids.max", limits.pids)
    if "cpu" in hierarchy.controllers:
        _set(path / "cpu.cfs_quota_us", None if limits.cpus is None else int(limits.cpus * _CPU_PERIOD))


def _enable_down_to(own: Path, path: Path, controllers: list[str]) -> None:
    """Enable controllers for the children of each group between `own` and `path`.

    The agent's own processes move into a leaf of `own` first; without that the kernel answers EBUSY.
    """
    wanted = " ".join(f"+{name}" for name in controllers if name in {"cpu", "memory", "pids", "io", "cpuset"})
    current = own
    while current != path:
        try:
            (current / "cgroup.subtree_control").write_text(wanted, encoding="utf-8")
        except OSError as error:
            if error.errno != errno.EBUSY or current != own:
                raise
            leaf = own / "dinp-agent"
            leaf.mkdir(exist_ok=True)
            for pid in (own / "cgroup.procs").read_text(encoding="utf-8").split():
                (leaf / "cgroup.procs").write_text(pid, encoding="utf-8")
            (current / "cgroup.subtree_control").write_text(wanted, encoding="utf-8")
        current /= path.relative_to(current).parts[0]


def _set(file: Path, value: int | str | None) -> None:
    if value is not None and file.exists():
        file.write_text(str(value), encoding="utf-8")


def _hand_over(path: Path, ids: IdRange) -> None:
    for directory in (path, path / _LEAF):
        if directory.is_dir():
            os.chown(directory, ids.first, ids.first)
            for name in _DELEGATED:
                if (directory / name).exists():
                    os.chown(directory / name, ids.first, ids.first)


def remove(name: str) -> tuple[int, ...]:
    """Remove the group `name` with everything below it, ending what still runs in it.

    Returns:
        The ids of processes that had to be killed.
    """
    killed: set[int] = set()
    for hierarchy in mounted_hierarchies():
        top = hierarchy.own / name
        if not top.is_dir():
            continue
        for directory in sorted((top, *(p for p in top.rglob("*") if p.is_dir())), key=lambda p: -len(p.parts)):
            killed.update(_kill_members(directory))
            directory.rmdir()
        parent = top.parent
        while parent != hierarchy.own:
            try:
                parent.rmdir()
            except OSError:
                break
            parent = parent.parent
    return tuple(sorted(killed))


def _kill_members(directory: Path) -> set[int]:
    killed: set[int] = set()
    while members := (directory / "cgroup.procs").read_text(encoding="utf-8").split():
        for member in members:
            pid = int(member)
            killed.add(pid)
            wait_for_exit(pid, kill=True)
    return killed


def members(name: str) -> frozenset[int]:
    """The processes of the group `name` and of every group below it."""
    found: set[int] = set()
    for hierarchy in mounted_hierarchies():
        top = hierarchy.own / name
        for file in top.rglob("cgroup.procs") if top.is_dir() else ():
            found.update(int(line) for line in file.read_text(encoding="utf-8").split())
    return frozenset(found)
