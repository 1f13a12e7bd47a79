"""A root directory of its own for an engine below rootlesskit, in which it can make nothing beside its own.

Runs as a program between rootlesskit and the engine, in rootlesskit's user namespace: what is bound there is bound with
all that lies below it, because the kernel keeps together what a more privileged namespace mounted
(mount_namespaces(7)).
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from dinp.edges.linux_syscalls import (
    CLONE_NEWNS,
    MOUNT_ATTR_RDONLY,
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_REC,
    MS_UNBINDABLE,
    mount,
    mount_setattr,
    pivot_root,
    umount,
    unshare,
)

_USAGE = "own_root ROOT LIST COMMAND…"


def main() -> None:
    """`ROOT LIST COMMAND…`: make the root at the empty directory ROOT as the file LIST says, enter it, run COMMAND.

    Each line of LIST is a word and a path:
        show PATH: everything there, at the same place; a link as a link; nothing where it is missing.
        read PATH: the same, read-only.
        keep PATH: stays writable when what lies above is closed; made when missing (`PATH/` is a directory).
        link PATH TO: a link.
        close PATH: from here on nothing can be made in the mount at PATH; mounts below it stay as they are.
    """
    root, steps, *command = sys.argv[1:]
    make(Path(root), Path(steps).read_text(encoding="utf-8").splitlines())
    os.execv(command[0], command)


def make(root: Path, steps: list[str]) -> None:
    """Build it, and make it the root directory of this process."""
    unshare(CLONE_NEWNS)
    mount("tmpfs", str(root), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    # It must not be found in a copy of the directory in which it is being built.
    mount("none", str(root), "", MS_UNBINDABLE)
    for step in steps:
        word, path, *rest = step.split(" ")
        target = root / path.strip("/")
        match word:
            case "show" | "read":
                _show(Path(path), target, read_only=word == "read")
            case "keep":
                _keep(target, directory=path.endswith("/"))
            case "link":
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(rest[0])
            case "close":
                _set_read_only(target)
            case _:
                raise ValueError(f"{step!r}; usage: {_USAGE}")
    os.chdir(root)
    pivot_root(".", ".")
    umount("/")
    os.chdir("/")


def _show(source: Path, target: Path, *, read_only: bool) -> None:
    if source.is_symlink():
        target.symlink_to(os.readlink(source))
        return
    try:
        is_directory = stat.S_ISDIR(source.stat().st_mode)
    except FileNotFoundError:
        return
    if is_directory:
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(source), str(target), "", MS_BIND | MS_REC)
    if read_only:
        _set_read_only(target)


def _keep(target: Path, *, directory: bool) -> None:
    if directory:
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.touch()
    mount(str(target), str(target), "", MS_BIND | MS_REC)


def _set_read_only(target: Path) -> None:
    place = os.open(target, os.O_PATH | os.O_CLOEXEC)
    try:
        mount_setattr(place, set_flags=MOUNT_ATTR_RDONLY)
    finally:
        os.close(place)


if __name__ == "__main__":
    main()
