"""How each family of distributions calls the package that a program comes from, and how it is installed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Distributions that share a packager. `ids` are the words of ID and ID_LIKE in /etc/os-release."""

    name: str
    ids: tuple[str, ...]
    install: str


DEBIAN = Family("Debian, Ubuntu", ("debian", "ubuntu"), "apt-get install --no-install-recommends")
FEDORA = Family("Fedora, RHEL", ("fedora", "rhel", "centos"), "dnf install")
ARCH = Family("Arch", ("arch",), "pacman -S")
SUSE = Family("openSUSE", ("suse", "opensuse", "sles"), "zypper install")
ALPINE = Family("Alpine", ("alpine",), "apk add")

FAMILIES = (DEBIAN, FEDORA, ARCH, SUSE, ALPINE)

Names = tuple[str, str, str, str, str]

PACKAGES: Mapping[str, Names] = {
    # What each of FAMILIES calls the package with this program, in their order.
    "nft": ("nftables", "nftables", "nftables", "nftables", "nftables"),
    "iptables": ("iptables", "iptables-nft", "iptables", "iptables", "iptables"),
    "newuidmap": ("uidmap", "shadow-utils", "shadow", "shadow", "shadow-uidmap"),
    "newgidmap": ("uidmap", "shadow-utils", "shadow", "shadow", "shadow-uidmap"),
    "slirp4netns": ("slirp4netns", "slirp4netns", "slirp4netns", "slirp4netns", "slirp4netns"),
    "pasta": ("passt", "passt", "passt", "passt", "passt"),
    "fuse-overlayfs": ("fuse-overlayfs", "fuse-overlayfs", "fuse-overlayfs", "fuse-overlayfs", "fuse-overlayfs"),
    "rootlesskit": ("rootlesskit", "rootlesskit", "rootlesskit", "rootlesskit", "rootlesskit"),
    "xz": ("xz-utils", "xz", "xz", "xz", "xz"),
    "ip": ("iproute2", "iproute", "iproute2", "iproute2", "iproute2"),
    "nsenter": ("util-linux", "util-linux", "util-linux", "util-linux", "util-linux-misc"),
    "git": ("git", "git", "git", "git", "git"),
    "gcc": ("gcc", "gcc", "gcc", "gcc", "gcc"),
    "pkg-config": ("pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf-pkg-config", "pkgconf"),
    "openssl": ("openssl", "openssl", "openssl", "openssl", "openssl"),
    "htpasswd": ("apache2-utils", "httpd-tools", "apache", "apache2-utils", "apache2-utils"),
    "qemu-system-x86_64": ("qemu-system-x86", "qemu-system-x86-core", "qemu-system-x86", "qemu-x86",
                           "qemu-system-x86_64"),
    "mke2fs": ("e2fsprogs", "e2fsprogs", "e2fsprogs", "e2fsprogs", "e2fsprogs"),
    "mmdebstrap": ("mmdebstrap", "mmdebstrap", "mmdebstrap", "mmdebstrap", "mmdebstrap"),
    "conntrack": ("conntrack", "conntrack-tools", "conntrack-tools", "conntrack-tools", "conntrack-tools"),
    "skopeo": ("skopeo", "skopeo", "skopeo", "skopeo", "skopeo"),
    "libseccomp.a": ("libseccomp-dev", "libseccomp-static", "libseccomp", "libseccomp-devel", "libseccomp-static"),
    "libc.a": ("libc6-dev", "glibc-static", "glibc", "glibc-devel-static", "musl-dev"),
    "dockerd": ("docker.io", "moby-engine", "docker", "docker", "docker-engine"),
    "docker": ("docker.io", "docker-cli", "docker", "docker", "docker-cli"),
    "containerd": ("containerd", "containerd", "containerd", "containerd", "containerd"),
    "containerd-shim-runc-v2": ("containerd", "containerd", "containerd", "containerd", "containerd"),
    "runc": ("runc", "runc", "runc", "runc", "runc"),
    "docker-registry": ("docker-registry", "docker-distribution", "distribution", "distribution-registry",
                        "docker-registry"),
    "haproxy": ("haproxy", "haproxy", "haproxy", "haproxy", "haproxy"),
    "busybox-static": ("busybox-static", "busybox", "busybox", "busybox-static", "busybox-static"),
    "qemu-user-static": ("qemu-user-static", "qemu-user-static", "qemu-user-static", "qemu-linux-user",
                         "qemu-aarch64 qemu-x86_64"),
    "podman": ("podman", "podman", "podman", "podman", "podman"),
    "conmon": ("conmon", "conmon", "conmon", "conmon", "conmon"),
    "crun": ("crun", "crun", "crun", "crun", "crun"),
    "groovy": ("groovy", "groovy", "groovy", "groovy", "groovy"),
    "etcd": ("etcd-server", "etcd", "etcd", "etcd", "etcd"),
}  # fmt: skip


def family_of(os_release: Mapping[str, str]) -> Family | None:
    """The family that /etc/os-release names (its keys ID and ID_LIKE), None if it is none of ours."""
    words = [os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()]
    # ID first: what a distribution is counts for more than what it is like.
    for word in words:
        for family in FAMILIES:
            if word.split("-")[0] in family.ids:
                return family
    return None


def package_of(program: str, family: Family) -> str:
    """The family's package that has the program. KeyError for a program that the table lacks."""
    return PACKAGES[program][FAMILIES.index(family)]


def how_to_install(programs: Sequence[str], family: Family | None) -> str:
    """The command to run as root; for an unknown distribution, one line for each family that we know."""
    families = FAMILIES if family is None else (family,)
    lines = []
    for one in families:
        packages = sorted({package_of(program, one) for program in programs})
        lines.append(f"{one.name}: {one.install} {' '.join(packages)}")
    return "\n  ".join(lines)
