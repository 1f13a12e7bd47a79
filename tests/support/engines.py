"""Which engines the tests run on, and the environment in which programs find one."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.support.machine import MARK

VERSIONS = ("20.10", "29")
"""The oldest dockerd that dinp serves, and the current one."""


_KEPT = {"DOCKER_CONFIG", "DOCKER_API_VERSION", "DOCKER_BUILDKIT"}
"""What tests may say to the docker command; everything else of the caller's would lead it elsewhere."""


class MissingEngineError(Exception):
    """The machine was not set up; the text says how to do it."""


def folder(version: str) -> Path:
    """The directory with the programs of an engine; `make setup` puts it together and says where it is."""
    name = "DINP_ENGINE_" + version.replace(".", "_").upper()
    found = os.environ.get(name)
    if not found:
        raise MissingEngineError(f"{name} is not set: run `make test-engines`, which sets it, after `make setup`.")
    return Path(found)


def environment(version: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment with the programs of one engine first in PATH, and no other engine in it."""
    others = os.environ.get("DINP_ENGINES", "").split(os.pathsep)
    path = [entry for entry in os.environ["PATH"].split(os.pathsep) if entry not in others]
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or "DOCKER" not in name}
    name, _, value = MARK.partition("=")
    return kept | {name: value, "PATH": os.pathsep.join([str(folder(version)), *path])} | dict(more or {})


def image(name: str) -> str:
    """The path of a root file system that `docker import` takes."""
    return str(Path(os.environ["DINP_IMAGES"]) / f"{name}.tar")


def import_busybox(name: str = "busybox", archive: str = "busybox-amd64") -> str:
    """A shell line that makes an image of busybox, without a registry."""
    return f"docker import -c 'CMD [\"sh\"]' {image(archive)} {name} >/dev/null"
