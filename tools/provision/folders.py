"""Folders for PATH, put together in the cache from what was unpacked and compiled.

    engines/docker-20.10-DIGEST/bin   the packaged dockerd, with its containerd, shim, runc, docker-init, docker-proxy
    engines/docker-29-DIGEST/bin      the same for the current dockerd, with containerd 2 and runc 1.5
    engines/podman-DIGEST/bin         the packaged podman, with conmon, crun, netavark, aardvark-dns and an init
    engines/buildkitd-DIGEST/bin      buildkitd and buildctl, with runc 1.5 and an init
    clients/DIGEST/bin                docker
    clients/DIGEST/cli-plugins        docker-buildx, docker-compose
    tools/DIGEST/bin                  docker-registry, qemu-*-static, busybox-static, rootlesskit 3, etcd …
    tools/DIGEST/cni                  the CNI plugins

Every file is a hard link or a copy, never a link to elsewhere: a folder works where nothing else of the cache is
mounted. The digest is over the sources, so a folder in use is never changed under its user; `engines/docker-29` without
a digest is a link to the one that was made last, for people.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.provision import go_table
from tools.provision.apt import unpacked_versions
from tools.provision.cache import Cache, new_folder
from tools.provision.command import Say, output_of
from tools.provision.go_programs import GoProgram, ready_go_program
from tools.provision.machine import find
from tools.provision.needs import Needs


@dataclass(frozen=True)
class Folder:
    """A folder to put together: `kind`/`name`; `files` are the paths inside it and where each comes from."""

    kind: str
    name: str
    files: Mapping[str, Path] = field(default_factory=dict)

    def path(self, cache: Cache) -> Path:
        """Where it is, or will be. The sources' paths contain their versions, so they stand for the content."""
        shape = json.dumps({name: str(source) for name, source in self.files.items()}, sort_keys=True)
        digest = hashlib.sha256(shape.encode()).hexdigest()[:10]
        return cache.root / self.kind / "-".join(filter(None, (self.name, digest)))


ENGINE_FROM_PACKAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # file: (package, where it is in there; several when releases differ)
    "dockerd": ("docker.io", ("usr/sbin/dockerd", "usr/bin/dockerd")),
    "docker-proxy": ("docker.io", ("usr/sbin/docker-proxy", "usr/bin/docker-proxy", "usr/libexec/docker/docker-proxy")),
    "docker-init": ("tini", ("usr/bin/tini-static",)),
    "containerd": ("containerd", ("usr/bin/containerd",)),
    "containerd-shim-runc-v2": ("containerd", ("usr/bin/containerd-shim-runc-v2",)),
    "ctr": ("containerd", ("usr/bin/ctr",)),
    "runc": ("runc", ("usr/sbin/runc", "usr/bin/runc")),
}
PODMAN_FROM_PACKAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "podman": ("podman", ("usr/bin/podman",)),
    "conmon": ("conmon", ("usr/bin/conmon",)),
    "crun": ("crun", ("usr/bin/crun",)),
    "netavark": ("netavark", ("usr/lib/podman/netavark",)),
    "aardvark-dns": ("aardvark-dns", ("usr/lib/podman/aardvark-dns",)),
    "docker-init": ENGINE_FROM_PACKAGES["docker-init"],
}
TOOLS_FROM_PACKAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "docker-registry": ("docker-registry", ("usr/bin/docker-registry",)),
    "qemu-aarch64-static": ("qemu-user-static", ("usr/bin/qemu-aarch64-static", "usr/bin/qemu-aarch64")),
    "qemu-x86_64-static": ("qemu-user-static", ("usr/bin/qemu-x86_64-static", "usr/bin/qemu-x86_64")),
    "haproxy": ("haproxy", ("usr/sbin/haproxy",)),
    "busybox-static": ("busybox-static", ("bin/busybox", "usr/bin/busybox")),
    "etcd": ("etcd-server", ("usr/bin/etcd",)),
}
ENGINE_COMPILED = (
    go_table.DOCKERD, go_table.DOCKER_PROXY, go_table.CONTAINERD_DAEMON, go_table.CONTAINERD_SHIM, go_table.CTR,
    go_table.RUNC,
)  # fmt: skip
BUILDKIT_COMPILED = (go_table.BUILDKITD, go_table.BUILDCTL, go_table.RUNC)
TOOLS_COMPILED = (go_table.ROOTLESSKIT_PARENT, go_table.ROOTLESSCTL, go_table.ROOTLESSKIT_PROXY)
PLUGINS_COMPILED = (go_table.BUILDX, go_table.COMPOSE)


@dataclass(frozen=True)
class Sources:
    """Where files can come from: unpacked `packages`, or PATH when `from_path`; `needs` says which of them count."""

    cache: Cache
    packages: Path
    from_path: bool
    needs: Needs

    def packaged(self, name: str, package: str, places: tuple[str, ...]) -> Path | None:
        """A file of a package, resolved, so that it can be hard-linked; None if it is not there."""
        if self.from_path:
            found = find(name)
            return found.resolve() if found else None
        if all(one.package != package for one in self.needs.unpacked):
            return None
        for version in unpacked_versions(package, self.packages)[:1]:
            for place in places:
                if (version / place).exists():
                    return (version / place).resolve()
        return None

    def compiled(self, program: GoProgram) -> Path | None:
        """A compiled program, if it belongs to what is needed and is there."""
        return ready_go_program(program, self.cache) if program in self.needs.compiled else None


def engine_folders(sources: Sources) -> tuple[Folder, ...]:
    """The engines that can be put together from what is there; the packaged one first."""
    packaged = {name: sources.packaged(name, *where) for name, where in ENGINE_FROM_PACKAGES.items()}
    compiled = {program.name: sources.compiled(program) for program in ENGINE_COMPILED}
    folders = []
    if packaged["dockerd"] is not None:
        folders.append(Folder("engines", f"docker-{engine_version(packaged['dockerd'], sources)}", in_bin(packaged)))
    if all(compiled.values()):
        # tini is the same program in both.
        folders.append(Folder("engines", "docker-29", in_bin(compiled | {"docker-init": packaged["docker-init"]})))
    return tuple(folders)


def other_engine_folders(sources: Sources) -> tuple[Folder, ...]:
    """The engines that are not dockerd, of those that can be put together from what is there."""
    podman = {name: sources.packaged(name, *where) for name, where in PODMAN_FROM_PACKAGES.items()}
    buildkit = {program.name: sources.compiled(program) for program in BUILDKIT_COMPILED}
    folders = []
    if podman["podman"] is not None:
        folders.append(Folder("engines", "podman", in_bin(podman)))
    if all(buildkit.values()):
        init = sources.packaged("docker-init", *ENGINE_FROM_PACKAGES["docker-init"])
        folders.append(Folder("engines", "buildkitd", in_bin(buildkit | {"docker-init": init})))
    return tuple(folders)


def engine_version(dockerd: Path, sources: Sources) -> str:
    """20.10, from the version of the unpacked package that the program lies in, or from what the installed one says."""
    if sources.from_path:
        said = output_of([str(dockerd), "--version"])
    else:
        said = dockerd.relative_to(sources.packages.resolve()).parts[1]
    found = re.search(r"\d+\.\d+", said)
    return found.group() if found else "packaged"


def client_folder(sources: Sources) -> Folder:
    """The docker command, and its plugins where they were compiled."""
    docker = sources.packaged("docker", "docker.io", ("usr/bin/docker",))
    docker = docker or sources.packaged("docker", "docker-cli", ("usr/bin/docker",))
    plugins = {f"cli-plugins/{program.name}": sources.compiled(program) for program in PLUGINS_COMPILED}
    return Folder("clients", "", in_bin({"docker": docker}) | present(plugins))


def tools_folder(sources: Sources) -> Folder:
    """Whatever else is run by name."""
    packaged = {name: sources.packaged(name, *where) for name, where in TOOLS_FROM_PACKAGES.items()}
    compiled = {program.name: sources.compiled(program) for program in TOOLS_COMPILED}
    plugins: dict[str, Path] = {}
    for version in unpacked_versions("containernetworking-plugins", sources.packages)[:1]:
        if any(one.package == "containernetworking-plugins" for one in sources.needs.unpacked):
            plugins = {f"cni/{plugin.name}": plugin for plugin in sorted((version / "usr/lib/cni").iterdir())}
    return Folder("tools", "", in_bin(packaged | compiled) | plugins)


def in_bin(files: Mapping[str, Path | None]) -> dict[str, Path]:
    """The files that are there, below bin/."""
    return present({f"bin/{name}": source for name, source in files.items()})


def present(files: Mapping[str, Path | None]) -> dict[str, Path]:
    """Without the ones that are not there."""
    return {name: source for name, source in files.items() if source is not None}


def assemble(folder: Folder, cache: Cache, *, say: Say) -> Path:
    """Make the folder unless it is there, and point the short name at it. Returns its path."""
    final = folder.path(cache)
    with cache.locked(folder.kind, say):
        if not final.exists():
            say(f"  putting together {final}")
            with new_folder(final) as half_done:
                for name, source in folder.files.items():
                    (half_done / name).parent.mkdir(exist_ok=True)
                    link_or_copy(source, half_done / name)
        if folder.name:
            point(final.parent / folder.name, final)
    return final


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link where the file system allows one, else a copy: installed programs may lie on another one."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def point(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to its neighbour `target`, in one step."""
    if link.is_symlink() and os.readlink(link) == target.name:
        return
    fresh = link.with_name(f".new-{link.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.name)
    fresh.replace(link)
