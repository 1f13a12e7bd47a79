"""A machine's file system: the host's, with an overlay that takes every change, and fresh kernel file systems."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from testbed.machine import cgroups
from testbed.machine.description import Description

OPEN_DEVICES = {"net/tun": (10, 200), "fuse": (10, 229)}
"""Rootless engines use them as ordinary users; mode 0666 in systemd's 50-udev-default.rules. Numbers: the
kernel's devices.txt."""


def enter(machine: Description) -> None:
    """Build the file system and make it this process' root. Must run in new mount, pid, net and cgroup namespaces."""
    hosts = cgroups.mounted()
    root = Path(machine.root)
    mount("--make-rprivate", "/")
    mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={machine.files},workdir={machine.work}", machine.root)
    for kind, where in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "run"), ("tmpfs", "tmp")):
        (root / where).mkdir(exist_ok=True)
        mount("-t", kind, kind, str(root / where))
    (root / "tmp").chmod(0o1777)
    mount("--rbind", "/dev", str(root / "dev"))
    open_devices(root)
    cgroups.mount_own(root, hosts)
    for source, target in machine.volumes:
        volume = Path(f"{machine.root}{target}")
        volume.mkdir(parents=True, exist_ok=True)
        mount("--rbind", source, str(volume))
    old = root / "run/host"
    old.mkdir()
    subprocess.run(["pivot_root", str(root), str(old)], check=True)
    subprocess.run(["umount", "-l", "/run/host"], check=True)
    Path("/run/host").rmdir()
    # kubelet hands mounts to containers and back (mountPropagation: Bidirectional).
    mount("--make-rshared", "/")
    cgroups.settle()


def open_devices(root: Path) -> None:
    """Give the machine its own nodes for devices that udev opens to everyone; a bare host may not have done so."""
    for name, (major, minor) in OPEN_DEVICES.items():
        if (root / "dev" / name).exists():
            own = root / "run/devices" / name
            own.parent.mkdir(parents=True, exist_ok=True)
            os.mknod(own, stat.S_IFCHR | 0o666, os.makedev(major, minor))
            own.chmod(0o666)
            mount("--bind", str(own), str(root / "dev" / name))


def mount(*arguments: str) -> None:
    """Run mount; its own message goes to standard error when it fails."""
    subprocess.run(["mount", *arguments], check=True)
