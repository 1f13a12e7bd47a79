"""What is needed for what: the whole list, written out.

`check` is style, types and pure tests: Python packages only. `run` is the command `dinp run` with a packaged Docker
engine and needs no compiler. `test` adds the current engine, which is compiled, and what the tests use. `cluster` adds
what the Kubernetes test bed uses from packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tools.provision import go_table
from tools.provision.go_programs import GoProgram

Purpose = Literal["check", "run", "test", "cluster"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


ImageName = Literal["busybox-amd64", "busybox-arm64", "debian"]
"""Root file systems that tools/provision/images.py makes."""


@dataclass(frozen=True)
class Program:
    """A program (or library) that the machine itself must have. It starts no service where it is installed."""

    name: str
    why: str


@dataclass(frozen=True)
class Unpacked:
    """A Debian package that is unpacked into the cache and never installed.

    Because its maintainer scripts would start a service or register something with the kernel, or because it pushes
    out a package that a machine may already have. `optional`: split off in newer releases; absent is fine.
    """

    package: str
    why: str
    programs: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Needs:
    """All that one purpose takes."""

    programs: tuple[Program, ...]
    unpacked: tuple[Unpacked, ...]
    compiled: tuple[GoProgram, ...]
    images: tuple[ImageName, ...] = ()


RUN = Needs(
    programs=(
        Program("nft", "the routes and published ports of an engine in a network namespace of its own"),
        Program("iptables", "dockerd writes its rules with it"),
        Program("newuidmap", "id ranges for an engine that an ordinary user starts"),
        Program("newgidmap", "as above, for groups"),
        Program("slirp4netns", "network of an engine that an ordinary user starts"),
        Program("pasta", "the same, faster"),
        Program("fuse-overlayfs", "layers where the kernel refuses overlay to an ordinary user"),
        Program("rootlesskit", "namespaces of an engine that an ordinary user starts"),
        Program("xz", "dockerd unpacks .tar.xz layers with it"),
    ),
    unpacked=(
        Unpacked("docker.io", "its service would start a Docker of the whole machine", ("dockerd", "docker")),
        Unpacked("docker-cli", "the docker command, where docker.io no longer has it", optional=True),
        Unpacked("containerd", "its service would start", ("containerd", "containerd-shim-runc-v2")),
        Unpacked("runc", "goes with that containerd", ("runc",)),
        Unpacked("tini", "docker-init is a link to it", optional=True),
        Unpacked("busybox-static", "an image from scratch; installed, it would push out the package busybox",
                 ("busybox-static",)),
    ),
    compiled=(),
)  # fmt: skip

TEST = Needs(
    programs=(
        Program("git", "versions of the checkout, and builds from Git"),
        Program("ip", "tests look at links and routes with it"),
        Program("nsenter", "tests look into namespaces with it"),
        Program("gcc", "dockerd and runc are partly C"),
        Program("pkg-config", "runc finds libseccomp with it"),
        Program("libseccomp.a", "runc is linked to it"),
        Program("libc.a", "engines are linked statically"),
        Program("openssl", "certificates for the tests' TLS endpoints"),
        Program("htpasswd", "the password file of the tests' registry"),
        Program("mmdebstrap", "a small Debian image without a registry"),
        Program("groovy", "Jenkinsfiles are compiled by the language that Jenkins embeds"),
        Program("qemu-system-x86_64", "a machine with systemd and cgroup v2, whatever this one has"),
        Program("mke2fs", "the disks of that machine"),
    ),
    unpacked=(
        Unpacked("docker-registry", "its service would start", ("docker-registry",)),
        Unpacked("haproxy", "its service would start; benchmarks compare with it", ("haproxy",)),
        Unpacked("podman", "its API service and timers would be installed", ("podman",)),
        Unpacked("conmon", "goes with that podman", ("conmon",)),
        Unpacked("crun", "goes with that podman", ("crun",)),
        Unpacked("netavark", "goes with that podman; newer than some releases", optional=True),
        Unpacked("aardvark-dns", "goes with that netavark", optional=True),
        Unpacked("qemu-user-static", "would register itself with the machine's binfmt_misc", ("qemu-user-static",)),
    ),
    compiled=(
        go_table.DOCKERD, go_table.DOCKER_PROXY, go_table.CONTAINERD_DAEMON, go_table.CONTAINERD_SHIM, go_table.CTR,
        go_table.RUNC, go_table.BUILDX, go_table.COMPOSE, go_table.ROOTLESSKIT_PARENT, go_table.ROOTLESSCTL,
        go_table.ROOTLESSKIT_PROXY, go_table.BUILDKITD, go_table.BUILDCTL, go_table.CI_PODS,
    ),
    images=("busybox-amd64", "busybox-arm64", "debian"),
)  # fmt: skip

CLUSTER = Needs(
    programs=(
        Program("ip", "the nodes' links and routes"),
        Program("nsenter", "entering a node"),
        Program("conntrack", "kube-proxy looks for it"),
        Program("skopeo", "pushes images into the bed's registry"),
        Program("mmdebstrap", "root file systems of the bed's images"),
        Program("openssl", "certificates"),
        Program("gcc", "runc is partly C"),
        Program("pkg-config", "runc finds libseccomp with it"),
        Program("libseccomp.a", "runc is linked to it"),
        Program("libc.a", "runc is linked statically"),
    ),
    unpacked=(
        Unpacked("etcd-server", "its service would start", ("etcd",)),
        Unpacked("containernetworking-plugins", "goes with no service, but only the bed uses it"),
        Unpacked("docker-registry", "its service would start", ("docker-registry",)),
    ),
    compiled=(go_table.CONTAINERD_DAEMON, go_table.CONTAINERD_SHIM, go_table.CTR, go_table.RUNC),
)

CHECK = Needs(programs=(), unpacked=(), compiled=())

NEEDS: Mapping[Purpose, Needs] = {"check": CHECK, "run": RUN, "test": TEST, "cluster": CLUSTER}
INCLUDES: Mapping[Purpose, tuple[Purpose, ...]] = {
    "check": ("check",),
    "run": ("run",),
    "test": ("run", "test"),
    "cluster": ("run", "test", "cluster"),
}


def needs_for(purpose: Purpose) -> Needs:
    """Everything for a purpose and the ones it includes, each thing once, in the order of the table."""
    parts = [NEEDS[part] for part in INCLUDES[purpose]]
    return Needs(
        programs=tuple({one.name: one for part in parts for one in part.programs}.values()),
        unpacked=tuple({one.package: one for part in parts for one in part.unpacked}.values()),
        compiled=tuple({one.name: one for part in parts for one in part.compiled}.values()),
        images=tuple(dict.fromkeys(one for part in parts for one in part.images)),
    )
