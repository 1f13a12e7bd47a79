"""The control groups of one engine: made, limited, handed to the engine's root, removed.

On v1 there is one directory per mounted hierarchy, on v2 one directory with a leaf for the engine itself, because a
group with controllers enabled for its children may hold no process (cgroups(7), "no internal processes"). For the same
reason the agent moves into a leaf where its own group is the place for engines' groups.
Only the directory and the files that the kernel names as delegatable change hands, never the limits
(Documentation/admin-guide/cgroup-v2.rst, "Delegation").
"""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dinp.edges.cgroup_places import AGENT_LEAF, Hierarchy, hierarchies
from dinp.edges.process_events import wait_for_exit
from dinp.model.engine_spec import Limits
from dinp.model.id_range import IdRange
from dinp.model.value import Value

ENGINE_LEAF = "init"
ENGINE_CONTAINERS = "docker"
"""Where dockerd makes the groups of containers and of build steps (moby daemon/oci_linux.go, getCgroupPath)."""

_ROOM = 128 << 20
"""Bytes that stay for the engine itself: dockerd and containerd have some 90 MB at rest."""

_PREFIX = "dinp-"
_DELEGATED = ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks", "memory.oom.group")
_CPU_PERIOD = 100_000
_CONTROLLERS = frozenset({"cpu", "cpuset", "io", "memory", "pids"})
"""Those that are enabled for engines, where there are such."""


class EngineCgroup(Value):
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
            if hierarchy.unified and (path / ENGINE_LEAF).is_dir():
                return path / ENGINE_LEAF
        return None


def write(file: Path, text: str) -> None:
    """Write a control file.

    Raises:
        OSError: the kernel refused; it names the file and what was written, which a plain write's does not.
    """
    LateWrite(file, text).write()


class LateWrite:
    """Something to write to a control file with the rights and by the path of now, later."""

    def __init__(self, file: Path, text: str) -> None:
        """Open the file; raises OSError."""
        self._file, self._text = file, text
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)

    def write(self) -> None:
        """Write, once; raises OSError as `write` does."""
        try:
            os.write(self._descriptor, self._text.encode("ascii"))
        except OSError as error:
            words = f"{os.strerror(error.errno or 0)} (writing {self._text!r})"
            raise OSError(error.errno, words, str(self._file)) from error
        finally:
            os.close(self._descriptor)


def directories_of(name: str) -> tuple[str, ...]:
    """Where the group `name` (a relative path such as `dinp-1a2b/team-a`) is or will be, to be written down."""
    return tuple(str(hierarchy.base / name) for hierarchy in hierarchies())


def make(name: str, limits: Limits, ids: IdRange | None) -> EngineCgroup:
    """Make the group `name` (a relative path such as `dinp-1a2b/team-a`) and put the limits on it.

    Raises:
        OSError: a directory or a limit was refused; nothing is left behind then.
    """
    made: list[tuple[Hierarchy, Path]] = []
    try:
        for hierarchy in hierarchies():
            path = hierarchy.base / name
            path.mkdir(parents=True, exist_ok=True)
            made.append((hierarchy, path))
            if hierarchy.unified:
                _prepare_unified(hierarchy.base, path, limits)
            else:
                _prepare(hierarchy, path, name, limits)
            if ids is not None:
                _hand_over(path, ids)
    except OSError:
        remove(str(path) for _, path in made)
        raise
    return EngineCgroup(tuple(made))


def _prepare_unified(base: Path, path: Path, limits: Limits) -> None:
    available = (base / "cgroup.controllers").read_text(encoding="ascii").split()
    if not available:
        return
    _enable_down_to(base, path, [name for name in available if name in _CONTROLLERS])
    _set(path / "memory.max", limits.memory)
    _set(path / "memory.swap.max", None if limits.memory is None else 0)
    _set(path / "pids.max", limits.pids)
    _set(path / "cpu.max", None if limits.cpus is None else f"{int(limits.cpus * _CPU_PERIOD)} {_CPU_PERIOD}")
    (path / ENGINE_LEAF).mkdir(exist_ok=True)


def _enable_down_to(base: Path, path: Path, controllers: list[str]) -> None:
    """Enable controllers for the children of each group from `base` to above `path`.

    EBUSY says that processes live in `base` itself: they move into a leaf first.
    """
    wanted = " ".join(f"+{name}" for name in controllers)
    for group in (
        base,
        *reversed([parent for parent in path.parents if parent.is_relative_to(base) and parent != base]),
    ):
        control = group / "cgroup.subtree_control"
        try:
            write(control, wanted)
        except OSError as error:
            if error.errno != errno.EBUSY or group != base:
                raise
            leaf = base / AGENT_LEAF
            leaf.mkdir(exist_ok=True)
            _move_members(base, leaf)
            write(control, wanted)


def _move_members(source: Path, target: Path) -> None:
    """Move all processes of one group to another, also those that are started meanwhile."""
    while pids := (source / "cgroup.procs").read_text(encoding="ascii").split():
        for pid in pids:
            with suppress(ProcessLookupError):
                write(target / "cgroup.procs", pid)


def _prepare(hierarchy: Hierarchy, path: Path, name: str, limits: Limits) -> None:
    if "cpuset" in hierarchy.controllers:
        current = hierarchy.base
        for part in Path(name).parts:
            for file in ("cpuset.cpus", "cpuset.mems"):
                inherited = (current / file).read_text(encoding="ascii")
                write(current / part / file, inherited)
            current /= part
    if "memory" in hierarchy.controllers:
        _set(path / "memory.limit_in_bytes", limits.memory)
        _set(path / "memory.memsw.limit_in_bytes", limits.memory)
    if "pids" in hierarchy.controllers:
        _set(path / "pids.max", limits.pids)
    if "cpu" in hierarchy.controllers:
        _set(path / "cpu.cfs_quota_us", None if limits.cpus is None else int(limits.cpus * _CPU_PERIOD))


def _set(file: Path, value: int | str | None) -> None:
    # Accounting of swap may be switched off (swapaccount=0, no swap in the kernel): then there is no file for it.
    if value is not None and file.exists():
        write(file, str(value))


def keep_room(group: EngineCgroup, limits: Limits, ids: IdRange | None) -> None:
    """Limit the engine's containers together to less memory than the engine has, so that they are killed, not it.

    When a group's memory is used up the kernel ends its largest process, which may well be dockerd; in a group of
    containers alone it finds containers. Call it when controllers are enabled for the engine's children.

    Raises:
        OSError: the kernel refused.
    """
    if limits.memory is None:
        return
    rest = limits.memory - min(_ROOM, limits.memory // 4)
    for hierarchy, path in group.hierarchies:
        if "memory" in hierarchy.controllers or (hierarchy.unified and (path / ENGINE_LEAF).is_dir()):
            containers = path / ENGINE_CONTAINERS
            containers.mkdir(exist_ok=True)
            for name in ("memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
                _set(containers / name, rest)
            if ids is not None:
                _hand_over(containers, ids)


def _hand_over(path: Path, ids: IdRange) -> None:
    for directory in (path, path / ENGINE_LEAF):
        if directory.is_dir():
            os.chown(directory, ids.first, ids.first)
            for name in _DELEGATED:
                if (directory / name).exists():
                    os.chown(directory / name, ids.first, ids.first)


def remove(directories: Iterable[str]) -> tuple[int, ...]:
    """Remove an engine's group with everything below it, ending what still runs in it.

    Args:
        directories: as `directories_of` said; those that are gone are passed over.

    Returns:
        The ids of processes that had to be killed.
    """
    killed: set[int] = set()
    for top in map(Path, directories):
        if top.is_dir():
            below = [path for path in top.rglob("*") if path.is_dir()]
            for directory in sorted((top, *below), key=lambda path: -len(path.parts)):
                killed.update(_kill_members(directory))
                directory.rmdir()
        _remove_empty_parents(top)
    return tuple(sorted(killed))


def _remove_empty_parents(top: Path) -> None:
    """Remove the group of the agent's engines with the last of them, and undo what was done to `base` for them."""
    parent = top.parent
    while parent.name.startswith(_PREFIX):
        try:
            parent.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        parent = parent.parent
    leaf = parent / AGENT_LEAF
    if leaf.is_dir() and not any(path.is_dir() and path != leaf for path in parent.glob(f"{_PREFIX}*")):
        with suppress(OSError):  # somebody else has made groups there meanwhile, for which the controllers stay
            enabled = (parent / "cgroup.subtree_control").read_text(encoding="ascii").split()
            write(parent / "cgroup.subtree_control", " ".join(f"-{name}" for name in enabled))
            _move_members(leaf, parent)
            leaf.rmdir()


def _kill_members(directory: Path) -> set[int]:
    killed: set[int] = set()
    while members := (directory / "cgroup.procs").read_text(encoding="ascii").split():
        for member in members:
            pid = int(member)
            killed.add(pid)
            wait_for_exit(pid, kill=True)
    return killed
