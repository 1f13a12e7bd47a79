"""The engine's file system, built step by step from a launch plan.

Everything here runs in the child that becomes the engine: first as real root in a mount namespace of its own
(`build`, `enter`), later inside the user namespace (`mount_inside`), where what was built before is locked by the
kernel as one piece (mount_namespaces(7), "Restrictions on mount namespaces").
"""

import contextlib
import os
import stat
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from dinp.edges.blank_mounts import BlankMounts
from dinp.edges.linux_syscalls import (
    AT_RECURSIVE,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_RDONLY,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MS_SLAVE,
    MS_UNBINDABLE,
    OPEN_TREE_CLONE,
    mount,
    mount_setattr,
    move_mount,
    open_tree,
    pivot_root,
    umount,
)
from dinp.edges.mounts_below import mounted_below
from dinp.model.id_range import IdRange
from dinp.model.launch_plan import (
    Bind,
    BindEach,
    Blank,
    CgroupMounts,
    Directory,
    FileSystem,
    InsideStep,
    Link,
    ReadOnly,
    TextFile,
    Tmpfs,
    TreeStep,
)
from dinp.model.value import Value, replace

_QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC


def keep_mounts_private(*, follow: bool = False) -> None:
    """From here on, nothing mounted in this namespace is seen outside of it; with `follow` the reverse is."""
    mount("none", "/", "", MS_REC | (MS_SLAVE if follow else MS_PRIVATE))


class Materials(Value):
    """What a tree is built with, besides its steps.

    Attributes:
        ids: whose the engine's own files are; None leaves them to the agent.
        user_namespace: descriptor of the tenant's user namespace, for mounts with shifted ids.
        blanks: see blank_mounts.py; None where the plan has no Blank.
    """

    ids: IdRange | None = None
    user_namespace: int | None = None
    blanks: BlankMounts | None = None


def build(root: Path, steps: Iterable[TreeStep], materials: Materials) -> None:
    """Perform the steps below `root` (which is `/` for an engine that sees the agent's tree).

    Files and directories that a step makes belong to the engine's root; directories that are made on the way to a
    step's target belong to the agent's, so that the engine can create nothing beside them.
    """
    for step in steps:
        target = root / step.target.lstrip("/")
        match step:
            case Tmpfs():
                target.mkdir(parents=True, exist_ok=True)
                size = f",size={step.size}" if step.size is not None else ""
                mount("tmpfs", str(target), "tmpfs", MS_NOSUID | MS_NODEV, f"mode={step.mode:o}{size}")
                if step.target == "/":
                    # The tree must not be found in a copy of the directory in which it is being built.
                    mount("none", str(target), "", MS_UNBINDABLE)
            case Directory():
                target.mkdir(parents=True, exist_ok=True)
                target.chmod(step.mode)
                _give(target, materials.ids)
            case TextFile():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(step.text, encoding="utf-8")
                target.chmod(step.mode)
                _give(target, materials.ids)
            case Link():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(step.to)
            case Bind():
                _bind(step, target, materials.user_namespace)
            case Blank():
                _lay_blank(step, target, materials.blanks)
            case BindEach():
                _bind_each(step, target)
            case ReadOnly():
                mount("none", str(target), "", MS_REMOUNT | MS_BIND | MS_RDONLY)


def _give(target: Path, ids: IdRange | None) -> None:
    if ids is not None:
        os.chown(target, ids.first, ids.first)


def _lay_blank(step: Blank, target: Path, blanks: BlankMounts | None) -> None:
    if blanks is None:
        raise ValueError(f"no blank {step.kind} was made for {step.target}")
    target.mkdir(parents=True, exist_ok=True)
    move_mount(blanks.proc if step.kind == "proc" else blanks.sysfs, str(target))


def _bind(step: Bind, target: Path, user_namespace: int | None) -> None:
    source = Path(step.source)
    try:
        is_directory = stat.S_ISDIR(source.stat().st_mode)
    except FileNotFoundError:
        if step.optional:
            return
        raise
    if is_directory:
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    try:
        _attach(step, str(source), target, user_namespace)
    except OSError:
        if not step.as_it_is:
            raise
        try:
            _bind_each_mount(step, target, user_namespace)
        except OSError:
            # Mounts that came from another user namespace cannot be told apart from those below them.
            _attach(replace(step, shift_ids=False), str(source), target, None)


def _bind_each_mount(step: Bind, target: Path, user_namespace: int | None) -> None:
    """The mount at the source and those below it one by one, each with shifted ids where its file system has them."""
    source = os.path.realpath(step.source)
    alone = replace(step, recursive=False)
    for place in (source, *mounted_below(source)):
        there = target / os.path.relpath(place, source)
        try:
            _attach(alone, place, there, user_namespace)
        except FileNotFoundError:
            continue  # it lies below another mount there, which covers it
        except OSError:
            _attach(replace(alone, shift_ids=False), place, there, None)


def _attach(step: Bind, source: str, target: Path, user_namespace: int | None) -> None:
    tree = open_tree(source, OPEN_TREE_CLONE | (AT_RECURSIVE if step.recursive else 0))
    try:
        if step.bare:
            _shed_flags(tree)
        wanted = (MOUNT_ATTR_RDONLY if step.read_only else 0) | (0 if step.devices or step.bare else MOUNT_ATTR_NODEV)
        mount_setattr(
            tree,
            set_flags=wanted,
            user_namespace=user_namespace if step.shift_ids else None,
            recursive=step.recursive,
        )
        move_mount(tree, str(target))
    finally:
        os.close(tree)


def _bind_each(step: BindEach, target: Path) -> None:
    with os.scandir(step.source) as found:
        entries = [entry for entry in found if not any(fnmatchcase(entry.name, pattern) for pattern in step.but)]
    for entry in entries:
        place = target / entry.name
        if entry.is_symlink():
            place.symlink_to(os.readlink(entry.path))
        else:
            _bind(Bind(entry.path, str(place), recursive=True, optional=True, devices=True), place, None)


def _shed_flags(tree: int) -> None:
    """Take off what the source's mount has; an agent in a user namespace may not, and leaves it as it is."""
    with contextlib.suppress(PermissionError):
        mount_setattr(tree, clear_flags=MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)


def enter(root: Path) -> None:
    """Make `root` the root directory of this mount namespace; the old one is out of reach afterwards."""
    os.chdir(root)
    pivot_root(".", ".")
    umount("/")
    os.chdir("/")
    mount("none", "/", "", MS_PRIVATE)


def mount_inside(steps: Iterable[InsideStep], hierarchies: Iterable[tuple[str, ...]]) -> None:
    """Mount what must be mounted from within the new namespaces.

    Args:
        steps: what to mount, in order.
        hierarchies: the cgroup hierarchies of the machine, by their controllers; () is v2.
    """
    for step in steps:
        target = Path(step.target)
        match step:
            case FileSystem():
                try:
                    target.mkdir(parents=True, exist_ok=True)
                    mount(step.kind, step.target, step.kind, MS_NOSUID | MS_NOEXEC, step.options)
                except OSError:
                    if not step.optional:
                        raise
            case CgroupMounts():
                _mount_cgroups(target, tuple(hierarchies))
            case Directory():
                target.mkdir(mode=step.mode, parents=True, exist_ok=True)
            case TextFile():
                target.write_text(step.text, encoding="utf-8")


def _mount_cgroups(target: Path, hierarchies: tuple[tuple[str, ...], ...]) -> None:
    if hierarchies == ((),):
        mount("cgroup2", str(target), "cgroup2", _QUIET)
        return
    mount("tmpfs", str(target), "tmpfs", _QUIET, "mode=755")
    for controllers in hierarchies:
        if not controllers:
            point, kind, options = target / "unified", "cgroup2", ""
        else:
            point, kind, options = target / controllers[0].removeprefix("name="), "cgroup", ",".join(controllers)
        point.mkdir()
        mount(kind, str(point), kind, _QUIET, options)
        for alias in controllers[1:]:
            (target / alias).symlink_to(point.name)
