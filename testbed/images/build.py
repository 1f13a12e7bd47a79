"""Builds the bed's images into a registry's storage folder, once; its name is a digest over everything in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from testbed import pki
from testbed.bed import Say
from testbed.images.recipes import IMAGES, OTHER_NAMES, ROOTLESS_UID, engine_names
from testbed.layout import Layout
from tools import oci
from tools.oci.image import Image, Layer
from tools.oci.layers import Content, write_layer
from tools.oci.registry_client import RegistryClient
from tools.provision.cache import Cache, new_folder
from tools.provision.images import busybox_image, debian_image, native
from tools.provision.refusal import RefusalError
from tools.provision.registry import registry

FILES = Path(__file__).parent / "files"
KEPT = 3
FIRST_ENGINE = "20.10"
"""The engine that the recipes' names lead to when the bed has just come up."""

DEBIAN_PACKAGES = (
    "ca-certificates", "curl", "fuse-overlayfs", "git", "hostname", "iproute2", "iptables", "libc6",
    "libdevmapper1.02.1", "libseccomp2", "libsystemd0", "openssl", "procps", "python3", "rootlesskit",
    "slirp4netns", "tini", "uidmap", "xz-utils",
)  # fmt: skip
"""What engines and clients use: the libraries of docker.io, containerd and runc, and what they and builds call."""


@dataclass(frozen=True)
class BuiltImages:
    """A storage folder for a registry, and the authority that the images trust to be docker.io's."""

    folder: Path

    @property
    def storage(self) -> Path:
        """The registry's root directory. It is shared: lay something writable over it."""
        return self.folder / "registry"

    @property
    def authority(self) -> pki.KeyPair:
        """The authority whose certificate every Debian-based image has among its trusted ones."""
        return pki.KeyPair.read(self.folder, "docker-io-ca")


@dataclass(frozen=True)
class Sources:
    """Where the content of images comes from. `engines`: version -> folder of programs."""

    bin: Path
    docker: Path
    engines: Mapping[str, Path]
    busybox: Path
    debian: Path


def built_images(layout: Layout, environment: Mapping[str, str], say: Say) -> BuiltImages:
    """The bed's images, built now if they are not in the cache. Raises RefusalError naming what is missing."""
    cache = Cache.of(environment)
    sources = find_sources(layout, environment, cache, say)
    final = cache.root / "bed-images" / digest(sources)
    with cache.locked("bed-images", say):
        if not final.exists():
            say(f"building the bed's images (once; kept in {final})")
            with new_folder(final) as folder:
                build(folder, sources, layout.bin / "docker-registry", say)
        # Used now: `forget_older` looks at this.
        os.utime(final)
        forget_older(final.parent)
    return BuiltImages(final)


def forget_older(folder: Path) -> None:
    """Keep the images that were built last, a few because checkouts share the cache; each is a gigabyte."""
    built = sorted((one for one in folder.iterdir() if one.is_dir()), key=lambda one: one.stat().st_mtime, reverse=True)
    for one in built[KEPT:]:
        shutil.rmtree(one)


def find_sources(layout: Layout, environment: Mapping[str, str], cache: Cache, say: Say) -> Sources:
    """Where everything is, from the environment that `python3 -m tools.provision --print-env cluster` prints."""

    def folder(name: str) -> Path:
        if name not in environment:
            raise RefusalError(
                f"{name} is not set.",
                'Use `make cluster`, or: eval "$(python3 -m tools.provision --print-env cluster)"',
            )
        return Path(environment[name])

    tools = folder("DINP_TOOLS")
    return Sources(
        bin=layout.bin,
        docker=folder("DINP_CLI_PLUGINS").parent / "bin/docker",
        engines={"20.10": folder("DINP_ENGINE_20_10"), "29": folder("DINP_ENGINE_29")},
        busybox=busybox_image(cache, tools / "busybox-static", architecture=native(), say=say),
        debian=debian_image(cache, include=DEBIAN_PACKAGES, say=say),
    )


def build(folder: Path, sources: Sources, registry_program: Path, say: Say) -> None:
    """Make every layer, and push every image into a registry that keeps its content in `folder`."""
    authority = pki.authority("docker.io, as the bed has it")
    authority.write(folder, "docker-io-ca")
    makers = layer_makers(sources, authority)
    with tempfile.TemporaryDirectory(prefix="dinp-bed-layers-") as scratch:
        layers: dict[str, Layer] = {}
        for name in dict.fromkeys(layer for image in IMAGES for layer in image.layers):
            say(f"  layer {name}")
            layers[name] = Layer.of(makers[name](Path(scratch) / f"{name}.tar"))
        with registry(registry_program, folder / "registry") as running:
            host, _, port = running.address.rpartition(":")
            client = RegistryClient(host, int(port))
            for recipe in IMAGES:
                say(f"  image {recipe.repository}:{recipe.tag}")
                image = Image(tuple(layers[name] for name in recipe.layers), recipe.config, native())
                client.push(image, recipe.repository, recipe.tag)
            give_names(client, {**OTHER_NAMES, **engine_names(FIRST_ENGINE)})


def give_names(client: RegistryClient, names: Mapping[str, tuple[str, str]]) -> None:
    """Let images answer to other names as well: "repository:tag" -> (repository, tag) of the image."""
    for name, source in names.items():
        repository, _, tag = name.rpartition(":")
        client.tag(repository, tag, *source)


def push_all(images: BuiltImages, registry_program: Path, target: RegistryClient, say: Say) -> None:
    """Push every image to another registry, under all names but the engines': for a cluster that is not the bed."""
    with registry(registry_program, images.storage) as running:
        host, _, port = running.address.rpartition(":")
        source = RegistryClient(host, int(port))
        for recipe in IMAGES:
            say(f"  {recipe.repository}:{recipe.tag}")
            source.copy(target, recipe.repository, recipe.tag)
    give_names(target, OTHER_NAMES)


LayerMaker = Callable[[Path], Path]


def layer_makers(sources: Sources, authority: pki.KeyPair) -> Mapping[str, LayerMaker]:
    """For each layer what makes it: given a path to write to, it returns the path of the tar file."""

    def of(content: Content) -> LayerMaker:
        def make(file: Path) -> Path:
            write_layer(content, file)
            return file

        return make

    def script(name: str) -> str:
        return (FILES / f"{name}.sh").read_text()

    trusted = read_member(sources.debian, "etc/ssl/certs/ca-certificates.crt") + authority.certificate.decode()
    makers: dict[str, LayerMaker] = {
        "busybox": lambda _: sources.busybox,
        "debian": lambda _: sources.debian,
        "trust": of(Content(texts={"etc/ssl/certs/ca-certificates.crt": trusted})),
        "client": of(
            Content(
                programs={"usr/local/bin/docker": sources.docker},
                executable_texts={"usr/local/bin/docker-entrypoint.sh": script("docker-entrypoint")},
                folders={"certs": 0o1777, "certs/client": 0o1777},
            )
        ),
        "jenkins": of(Content(executable_texts={"usr/local/bin/jenkins-agent": script("jenkins-agent")})),
        "rootless": of(rootless_user(sources.debian)),
    }
    for name in ("pause", "coredns", "bed-volumes"):
        makers[name] = of(Content(programs={name: sources.bin / name}))
    for version, programs in sources.engines.items():
        makers[f"engine-{version}"] = of(
            Content(
                programs={f"usr/local/bin/{file.name}": file for file in programs.iterdir()},
                executable_texts={"usr/local/bin/dockerd-entrypoint.sh": script("dockerd-entrypoint")},
                folders={"var/lib/docker": 0o710},
            )
        )
    return makers


def rootless_user(debian: Path) -> Content:
    """The user of the rootless variant, with its ranges of ids and its folders."""
    name, uid = "rootless", ROOTLESS_UID
    folders = ("home/rootless", "home/rootless/.local", "home/rootless/.local/share", f"run/user/{uid}")
    docker = "home/rootless/.local/share/docker"
    return Content(
        texts={
            "etc/passwd": f"{read_member(debian, 'etc/passwd')}{name}:x:{uid}:{uid}:Rootless:/home/{name}:/bin/sh\n",
            "etc/group": f"{read_member(debian, 'etc/group')}{name}:x:{uid}:\n",
            "etc/subuid": f"{name}:100000:65536\n",
            "etc/subgid": f"{name}:100000:65536\n",
        },
        folders={**dict.fromkeys(folders, 0o755), docker: 0o755, "run/user": 0o1777},
        owners=dict.fromkeys((*folders, docker), (uid, uid)),
    )


def read_member(archive: Path, name: str) -> str:
    """A file of a tar archive. Raises KeyError when it is not there."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(tar.getmember(f"./{name}"))
        assert member is not None
        return member.read().decode()


def digest(sources: Sources) -> str:
    """Over everything that shapes the images: recipes, scripts, this program, and each program's path and size."""
    scripts = {file.name: file.read_text() for file in sorted(FILES.iterdir())}
    folders = (Path(__file__).parent, Path(oci.__file__).parent)
    code = {
        f"{folder.name}/{file.name}": file.read_text() for folder in folders for file in sorted(folder.glob("*.py"))
    }
    programs = [sources.docker, sources.busybox, sources.debian]
    programs += [file for folder in sources.engines.values() for file in sorted(folder.iterdir())]
    programs += [sources.bin / name for name in ("pause", "coredns", "bed-volumes")]
    seen = [(str(os.path.realpath(file)), file.stat().st_size, int(file.stat().st_mtime)) for file in programs]
    shape = {"scripts": scripts, "code": code, "programs": seen, "recipes": [asdict(image) for image in IMAGES]}
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]
