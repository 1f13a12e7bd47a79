"""Runs a command as an ordinary user, who sees this machine as such users do: in a mount namespace of its own.

    python user_view.py USER DIRECTORY … -- CMD …

DINP_TEST_HIDES names a program that this user's machine does not have.

Directories that lie behind a closed one (a checkout or a cache in root's home) are shown at their own paths, and
/dev/net/tun and /dev/fuse have the modes that udev gives them. Nothing of it is seen outside, and nothing is left.
"""

import os
import pwd
import stat
import sys
from pathlib import Path

from dinp.edges.linux_syscalls import (
    AT_RECURSIVE,
    CLONE_NEWNS,
    MS_BIND,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    OPEN_TREE_CLONE,
    mount,
    move_mount,
    open_tree,
    unshare,
)

_DEVICES = ("/dev/net/tun", "/dev/fuse")


def closed_ancestor(path: Path) -> Path | None:
    """The topmost directory above `path` (or itself) that others may not search."""
    for directory in (*reversed(path.parents), path):
        if not directory.stat().st_mode & stat.S_IXOTH:
            return directory
    return None


def show(directories: list[Path]) -> None:
    """Lay an empty directory over each closed one, and in it what is to be seen."""
    behind: dict[Path, list[tuple[Path, int]]] = {}
    for directory in dict.fromkeys(path.resolve() for path in directories):
        closed = closed_ancestor(directory)
        if closed is not None:
            tree = open_tree(str(directory), OPEN_TREE_CLONE | AT_RECURSIVE)
            behind.setdefault(closed, []).append((directory, tree))
    for closed, trees in behind.items():
        mount("tmpfs", str(closed), "tmpfs", MS_NOSUID, "mode=755")
        for directory, tree in sorted(trees):
            directory.mkdir(parents=True, exist_ok=True)
            move_mount(tree, str(directory))
            os.close(tree)


def open_devices() -> None:
    """As udev's rules have them (50-udev-default.rules): mode 0666."""
    mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID, "mode=755")
    for number, device in enumerate(filter(os.path.exists, _DEVICES)):
        own = f"/mnt/{number}"
        os.mknod(own, stat.S_IFCHR | 0o666, os.stat(device).st_rdev)
        os.chmod(own, 0o666)
        tree = open_tree(own, OPEN_TREE_CLONE)
        move_mount(tree, device)
        os.close(tree)


def main() -> None:
    name, *rest = sys.argv[1:]
    cut = rest.index("--")
    user = pwd.getpwnam(name)
    unshare(CLONE_NEWNS)
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    show([Path(path) for path in rest[:cut]])
    open_devices()
    if hidden := os.environ.get("DINP_TEST_HIDES"):
        mount("/dev/null", hidden, "", MS_BIND)
    os.initgroups(name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    words = rest[cut + 1 :]
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
