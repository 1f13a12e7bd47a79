"""The operating system of the image: a small Debian, pruned, with every Python module compiled ahead.

Compiled modules are of the kind that is trusted without a look at the source (PEP 552, unchecked hash): files in the
image have no times, and a read-only root file system could not keep what Python compiles at the start.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.provision.cache import Cache
from tools.provision.images import debian_image

SUITE = "bookworm"
"""Debian 12: its Python is 3.11, for which the packages of the lock are chosen."""

PACKAGES = (
    "ca-certificates", "iproute2", "iptables", "libdevmapper1.02.1", "libseccomp2", "libsystemd0", "nftables",
    "python3", "slirp4netns", "uidmap",
)  # fmt: skip
"""What the agent runs besides the engine's own programs, and the libraries of Debian's own engine."""

USER = {
    "etc/passwd": "dinp:x:1000:1000:the agent of a rootless engine:/home/dinp:/bin/sh\n",
    "etc/group": "dinp:x:1000:\n",
    "etc/subuid": "dinp:1:999\ndinp:1001:64535\n",
    "etc/subgid": "dinp:1:999\ndinp:1001:64535\n",
}
"""The user of a rootless engine. A pod with a user namespace of its own has the ids 0 to 65535 and no others: its
sub-ids are all of them but root's and its own, and that is enough for images whose `nobody` is 65534."""

NOT_WANTED = (
    "boot", "home", "media", "mnt", "srv", "usr/games", "usr/include", "usr/share/bash-completion", "usr/share/doc",
    "usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man", "usr/share/perl5", "usr/lib/udev",
    "usr/share/zoneinfo", "usr/share/pixmaps", "var/backups", "var/cache", "var/lib/apt", "var/lib/dpkg/info",
    "var/log",
    "usr/lib/python3.11/ensurepip", "usr/lib/python3.11/idlelib", "usr/lib/python3.11/lib2to3",
    "usr/lib/python3.11/test", "usr/lib/python3.11/tkinter", "usr/lib/python3.11/turtledemo",
    "usr/lib/python3.11/pydoc_data", "usr/lib/python3.11/distutils",
)  # fmt: skip
"""Nothing of these is read when dinp or an engine runs; unittest is, because pyroute2 imports its mocks. Each is kept
as an empty directory where programs expect it."""

MAPPERS = {"usr/bin/newuidmap": 7, "usr/bin/newgidmap": 6}
"""They get CAP_SETUID and CAP_SETGID alone (capabilities(7)) instead of all that root may. As root, Debian's write the
map with the rights of root, who then needs CAP_SYS_ADMIN (user_namespaces(7)): containers do not have that."""

KEPT_EMPTY = ("home", "mnt", "srv", "var/cache", "var/log", "var/lib/dinp", "run", "tmp")


def make_root(tree: Path, libraries: tuple[str, ...], cache: Cache, say: Callable[[str], None]) -> None:
    """Unpack and prune into the empty directory `tree`, with more packages than usual; needs root, for owners."""
    archive = debian_image(cache, suite=SUITE, include=tuple(sorted({*PACKAGES, *libraries})), say=say)
    subprocess.run(["tar", "--numeric-owner", "-xpf", str(archive), "-C", str(tree)], check=True)
    for path in NOT_WANTED:
        shutil.rmtree(tree / path, ignore_errors=True)
    for path in KEPT_EMPTY:
        (tree / path).mkdir(parents=True, exist_ok=True)
    (tree / "tmp").chmod(0o1777)
    for file, line in USER.items():
        with (tree / file).open("a", encoding="utf-8") as text:
            text.write(line)
    (tree / "home/dinp").mkdir(mode=0o755, exist_ok=True)
    os.chown(tree / "home/dinp", 1000, 1000)
    for name, capability in MAPPERS.items():
        (tree / name).chmod(0o755)
        os.setxattr(tree / name, "security.capability", file_capability(capability))
    for name in ("etc/machine-id", "etc/hostname", "etc/resolv.conf", "etc/.pwd.lock", "etc/passwd-", "etc/group-"):
        (tree / name).unlink(missing_ok=True)
    for folder in ("usr/lib/python3", "usr/lib/python3.11"):
        compile_ahead(tree / folder, tree)


def file_capability(number: int) -> bytes:
    """One capability, permitted and effective (linux/capability.h, struct vfs_cap_data, revision 2)."""
    return struct.pack("<5I", 0x0200_0001, 1 << number, 0, 0, 0)


def compile_ahead(folder: Path, root: Path) -> None:
    """Compile every module below `folder`, which will be found at its path below `root`."""
    for stale in folder.rglob("__pycache__"):
        shutil.rmtree(stale)
    # A process of its own with fixed hashes: compiled modules depend on the order of sets and on what is interned.
    argv = [sys.executable, "-s", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*argv, "-s", str(root), "-p", "/", str(folder)], env=os.environ | {"PYTHONHASHSEED": "0"}, check=True
    )
