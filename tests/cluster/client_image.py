"""An image for clients in pods: docker with buildx and compose, Python with docker-py and Testcontainers, and buildah.

Made of what this checkout has; the engine that it talks to is in another container. A registry is in it as well, for
pods that serve one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

from testbed.images.build import DEBIAN_PACKAGES
from tests.cluster.kit import Cluster
from tools.image.application import needed_by
from tools.oci.image import Image, ImageConfig, Layer, digest_of
from tools.oci.tree_layer import tree_layer
from tools.provision.apt import packages_folder, unpack, unpacked_versions
from tools.provision.cache import Cache
from tools.provision.images import debian_image, native
from tools.provision.machine import read_os_release
from tools.provision.needs import Unpacked

REPOSITORY = "dinp/test-client"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LIBRARIES = "opt/libraries"
USERS = "opt/users"
"""Programs that use the libraries, as tests/clients has them."""

BUILDAH = (
    "buildah", "golang-github-containers-common", "golang-github-containers-image", "libassuan0", "libgpgme11",
)  # fmt: skip
"""Debian's buildah with its configuration, and the libraries that the image has not for its other programs."""


def client_reference(cluster: Cluster, scratch: Path) -> str:
    """Build and push; returns the reference."""
    tree = scratch / "client"
    plugins = Path(os.environ["DINP_CLI_PLUGINS"])
    programs = {"usr/local/bin/docker": plugins.parent / "bin/docker"}
    programs |= {f"usr/local/lib/docker/cli-plugins/{file.name}": file for file in plugins.iterdir()}
    programs["usr/local/bin/docker-registry"] = Path(os.environ["DINP_TOOLS"]) / "docker-registry"
    users = Path(__file__).parents[1] / "clients"
    programs |= {f"{USERS}/{file.name}": file for file in users.glob("*_user.py")}
    for path, source in programs.items():
        copy(source, tree / path)
    for library in (distribution("testcontainers"), *needed_by("testcontainers")):
        for file in library.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copy(Path(str(library.locate_file(file))), tree / LIBRARIES / file)
    cache = Cache.of(os.environ)
    for package in unpacked(BUILDAH, cache):
        shutil.copytree(package, tree, symlinks=True, dirs_exist_ok=True)
    base = Layer.of(debian_image(cache, include=DEBIAN_PACKAGES, say=print))
    config = ImageConfig(command=("sh",), env={"PATH": PATH, "PYTHONPATH": f"/{LIBRARIES}"})
    image = Image((base, tree_layer(tree, scratch / "client.tar")), config, native())
    tag = digest_of(image.manifest_json()).removeprefix("sha256:")[:16]
    return cluster.registry.push(image, REPOSITORY, tag)


def copy(source: Path, target: Path) -> None:
    """A file with its permissions, below folders that are made for it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def unpacked(packages: Sequence[str], cache: Cache) -> list[Path]:
    """The content of packages that are not installed anywhere."""
    folder = packages_folder(cache, read_os_release())
    unpack([Unpacked(name, "it is for an image only") for name in packages], folder, cache, say=print)
    return [unpacked_versions(name, folder)[0] for name in packages]
