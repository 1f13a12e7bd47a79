"""The bed's branch in each cgroup hierarchy of the host (version 1 or 2), and a machine's view of its own branch."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BRANCH = "dinp-bed"
LEAF = "system"
"""Version 2 allows no processes in a branch that has controllers switched on below it; they live in this leaf."""


@dataclass(frozen=True)
class Hierarchy:
    """One mounted cgroup hierarchy. `options` mount it again: "memory", "cpu,cpuacct", "name=systemd"; "" for v2."""

    mount_point: Path
    version: int
    options: str


def hierarchies(mountinfo: str) -> tuple[Hierarchy, ...]:
    """The hierarchies in the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).

    A version 2 mount beside version 1 ones (systemd's hybrid layout) has no controllers and is left out.
    """
    found: list[Hierarchy] = []
    for line in mountinfo.splitlines():
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        where = Path(fields.split()[4])
        if kind == "cgroup2":
            found.append(Hierarchy(where, 2, ""))
        elif kind == "cgroup":
            controllers = ",".join(o for o in options.split(",") if o not in ("rw", "ro", "noprefix", "clone_children"))
            found.append(Hierarchy(where, 1, controllers.replace("xattr,", "")))
    first = [one for one in found if one.version == 1]
    return tuple(first or found)


def mounted() -> tuple[Hierarchy, ...]:
    """This process' hierarchies."""
    return hierarchies(Path("/proc/self/mountinfo").read_text())


def make_branch(machine: str) -> None:
    """Make the machine's branch everywhere. Raises OSError if the host's cgroups are not writable."""
    for one in mounted():
        for folder in (one.mount_point / BRANCH, one.mount_point / BRANCH / machine):
            folder.mkdir(exist_ok=True)
            if one.version == 1:
                _inherit_cpuset(folder)
        if one.version == 2:
            for folder in (one.mount_point, one.mount_point / BRANCH):
                switch_on_controllers(folder)
            (one.mount_point / BRANCH / machine / LEAF).mkdir(exist_ok=True)


def join(machine: str, pid: int) -> None:
    """Move a process to the machine's branch. In version 2 that is its top, until `settle`."""
    for one in mounted():
        (one.mount_point / BRANCH / machine / "cgroup.procs").write_text(str(pid))


def settle() -> None:
    """In a machine with version 2: move its first processes to the leaf, then switch the controllers on above them."""
    for one in mounted():
        if one.version == 2:
            for pid in (one.mount_point / "cgroup.procs").read_text().split():
                (one.mount_point / LEAF / "cgroup.procs").write_text(pid)
            switch_on_controllers(one.mount_point)


def switch_on_controllers(folder: Path) -> None:
    """Let the children of a version 2 cgroup have every controller that it has itself."""
    for controller in (folder / "cgroup.controllers").read_text().split():
        (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def mount_own(root: Path, hosts: tuple[Hierarchy, ...]) -> None:
    """Mount this cgroup namespace's view of each hierarchy below `root`/sys/fs/cgroup."""
    base = root / "sys/fs/cgroup"
    if hosts[0].version == 2:
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", str(base)], check=True)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755,size=1m", "cgroups", str(base)], check=True)
    for one in hosts:
        folder = base / one.mount_point.name
        folder.mkdir()
        options = f"none,{one.options}" if one.options.startswith("name=") else one.options
        subprocess.run(["mount", "-t", "cgroup", "-o", options, "cgroup", str(folder)], check=True)


def processes(machine: str = "") -> set[int]:
    """Every process in a machine's branches, or the bed's: its own, whoever started it and whatever became of that."""
    found: set[int] = set()
    for one in mounted():
        for folder in _bottom_up(one.mount_point / BRANCH / machine):
            with contextlib.suppress(FileNotFoundError):
                found.update(int(pid) for pid in (folder / "cgroup.procs").read_text().split())
    return found


def remove(machine: str = "") -> None:
    """Remove a machine's branch, or the bed's. Their processes must be gone; raises OSError (EBUSY) if they are not."""
    for one in mounted():
        for folder in _bottom_up(one.mount_point / BRANCH / machine):
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()


def _bottom_up(top: Path) -> Iterator[Path]:
    if top.is_dir():
        for child in top.iterdir():
            if child.is_dir():
                yield from _bottom_up(child)
        yield top


def _inherit_cpuset(folder: Path) -> None:
    """A new version 1 cpuset is empty and takes no process until it has processors and memory nodes."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (folder / name).exists() and not (folder / name).read_text().strip():
            (folder / name).write_text((folder.parent / name).read_text())
