"""A disk with a small Debian as a plain machine has it: systemd, cgroup v2 alone, a stock kernel. Made once, kept.

It holds nothing of dinp; that comes on a second disk (payload_disk.py), so this one is made anew only when the lists
below change.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.provision.cache import Cache, new_folder

_LOG = logging.getLogger(__name__)

SUITE = "bookworm"
PACKAGES = (
    "linux-image-cloud-amd64", "systemd", "systemd-sysv", "libpam-systemd", "dbus", "dbus-user-session", "udev", "kmod",
    "iproute2", "nftables", "iptables", "python3", "uidmap", "slirp4netns", "initramfs-tools", "zstd", "login",
    "passwd", "procps",
)  # fmt: skip
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
NOT_STARTED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "getty@.service", "getty.target", "nftables.service", "systemd-timesyncd.service",
    "systemd-pstore.service", "systemd-update-utmp.service", "serial-getty@.service",
)  # fmt: skip
MEGABYTES = 2048
USER = "tester"
USER_ID = 1000

INITRAMFS = {
    # Everything else would be unpacked by an emulated processor.
    "etc/initramfs-tools/conf.d/dinp": "MODULES=list\nCOMPRESS=zstd\n",
    "etc/initramfs-tools/modules": "virtio_pci\nvirtio_blk\next4\n",
}
FILES = {
    "etc/hostname": "machine\n",
    "etc/machine-id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0\n",
    "etc/subuid": f"{USER}:100000:65536\n",
    "etc/subgid": f"{USER}:100000:65536\n",
    "etc/systemd/system/payload.service": """\
[Unit]
Description=What the second disk brings
After=multi-user.target dbus.service systemd-logind.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStartPre=/bin/mkdir -p /payload
ExecStartPre=/bin/mount -o ro /dev/vdb /payload
ExecStart=/bin/sh /payload/start
StandardOutput=journal+console
""",
}
ENABLED = {"etc/systemd/system/multi-user.target.wants/payload.service": "/etc/systemd/system/payload.service"}


@dataclass(frozen=True)
class BaseDisk:
    """The files with which qemu boots."""

    root: Path
    kernel: Path
    initrd: Path


def base_disk(cache: Cache) -> BaseDisk:
    """The disk from the cache; made on the first call, which takes a minute or more."""
    recipe = repr((SUITE, PACKAGES, LEFT_OUT, NOT_STARTED, USER, INITRAMFS, FILES, ENABLED, MEGABYTES))
    folder = cache.root / "machine" / hashlib.sha256(recipe.encode()).hexdigest()[:12]
    with cache.locked("machine", _LOG.info):
        if not folder.exists():
            _LOG.info("making %s: a Debian %s that boots (mmdebstrap)", folder, SUITE)
            with new_folder(folder) as fresh:
                _make(fresh)
            for outdated in set(folder.parent.iterdir()) - {folder}:
                shutil.rmtree(outdated)
    return BaseDisk(folder / "root.img", folder / "vmlinuz", folder / "initrd.img")


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dinp-machine-") as scratch:
        tree = Path(scratch, "tree")
        options = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        subprocess.run(
            ["mmdebstrap", "--variant=minbase", "--format=directory", f"--include={','.join(PACKAGES)}", *options,
             *_hooks(scratch), SUITE, str(tree)],
            check=True,
        )  # fmt: skip
        _furnish(tree)
        for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd.img", "initrd.img-*")):
            (found,) = (tree / "boot").glob(pattern)
            found.rename(folder / name)
        make_file_system(tree, folder / "root.img", megabytes=MEGABYTES)


def _hooks(scratch: str) -> list[str]:
    """Files that must be there before the kernel's package makes its initial file system."""
    hooks = []
    for number, (name, text) in enumerate(INITRAMFS.items()):
        source = Path(scratch, f"file-{number}")
        source.write_text(text, encoding="utf-8")
        hooks += [f'--essential-hook=mkdir -p "$1/{Path(name).parent}"', f"--essential-hook=upload {source} /{name}"]
    return hooks


def _furnish(tree: Path) -> None:
    subprocess.run(["chroot", str(tree), "useradd", "-m", "-u", str(USER_ID), "-s", "/bin/sh", USER], check=True)
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    for name, target in ENABLED.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(target)
    for unit in NOT_STARTED:
        mask = tree / "etc/systemd/system" / unit
        mask.unlink(missing_ok=True)
        mask.symlink_to("/dev/null")
    (tree / "boot/System.map").unlink(missing_ok=True)


def make_file_system(tree: Path, image: Path, *, megabytes: int) -> None:
    """An ext4 image with the content of a directory, owners and all; sparse."""
    with image.open("wb") as file:
        os.truncate(file.fileno(), megabytes << 20)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(tree), str(image)], check=True)
