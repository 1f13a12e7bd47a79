"""Which programs go into the image: an engine with the packages that it needs, rootlesskit, and emulators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dinp.knowledge.emulators import EMULATORS
from tools.provision.images import native
from tools.provision.refusal import RefusalError

ENGINES = ("20.10", "29", "podman", "buildkitd")
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "podman": ("libglib2.0-0", "libgpgme11", "libsubid4", "libyajl2"),
}
"""Debian packages with the libraries of an engine's programs, for the engines that need more than the others."""

_CLIENTS = ("ctr", "buildctl")
"""Programs beside an engine that are not run by it."""
_ROOTLESS = {
    "20.10": ("rootlesskit", "rootlesskit-docker-proxy"),
    "29": ("rootlesskit",),
    "buildkitd": ("rootlesskit",),
}
"""From 28 on dockerd tells rootlesskit of published ports itself (moby daemon/libnetwork/internal/rlkclient)."""


def image_programs(environment: Mapping[str, str], engine: str) -> Mapping[str, Path]:
    """Name -> file, from the environment that `python3 -m tools.provision --print-env test` prints.

    Raises:
        RefusalError: the environment does not say where they are.
    """
    variable = f"DINP_ENGINE_{engine.replace('.', '_').upper()}"
    if variable not in environment or "DINP_TOOLS" not in environment:
        raise RefusalError("The engine's programs are not known.", "Use `make image`, which sets them up.")
    programs = {file.name: file for file in Path(environment[variable]).iterdir() if file.name not in _CLIENTS}
    tools = Path(environment["DINP_TOOLS"])
    emulators = [each.programs[0] for each in EMULATORS if each.architecture != native()]
    found = {name: tools / name for name in (*_ROOTLESS.get(engine, ()), *emulators)}
    return programs | {name: file for name, file in found.items() if file.exists()}
