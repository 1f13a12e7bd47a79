"""A machine's file system: the host's, with an overlay that takes every change, and fresh kernel file systems."""

from __future__ import annotations

import subprocess
from pathlib import Path

from testbed.machine import cgroups
from testbed.machine.description import Description

READ_ONLY_SYSCTLS = ("kernel", "vm", "fs", "debug")
"""These are the whole host's, so a machine of the bed may not set them."""

KUBELETS_SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What kubelet (setupKernelTunables) wants to find or else sets: it is shown files of ours that say so."""


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
    cgroups.mount_own(root, hosts)
    hide_sysctls(root)
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


def hide_sysctls(root: Path) -> None:
    """Make the host's sysctls read-only, and show kubelet those it wants to set as set."""
    for name in READ_ONLY_SYSCTLS:
        sysctls = root / "proc/sys" / name
        if sysctls.is_dir():
            mount("--bind", str(sysctls), str(sysctls))
            mount("-o", "remount,bind,ro", str(sysctls))
    for name, value in KUBELETS_SYSCTLS.items():
        shown = root / "run/sysctls" / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n")
        mount("--bind", str(shown), str(root / "proc/sys" / name))


def mount(*arguments: str) -> None:
    """Run mount; its own message goes to standard error when it fails."""
    subprocess.run(["mount", *arguments], check=True)
