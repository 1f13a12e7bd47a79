"""The environment in which the Makefile runs things: where engines, clients and tools are, said once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from tools.provision.cache import Cache
from tools.provision.folders import Sources, client_folder, engine_folders, other_engine_folders, tools_folder
from tools.provision.machine import SYSTEM_FOLDERS
from tools.provision.needs import Purpose


def variables(sources: Sources, purpose: Purpose, checkout: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """PATH and the DINP_* variables for a purpose.

    - PATH begins with .venv/bin, the docker command, its plugins, the tools and the packaged engine.
    - DINP_ENGINES: engine folders (each a whole PATH entry), separated by colons, packaged one first.
    - DINP_ENGINE_20_10, DINP_ENGINE_29 …: each of them by version.
    - DINP_ENGINE_PODMAN, DINP_ENGINE_BUILDKITD: folders of the other kinds of engines.
    - DINP_TOOLS, DINP_CLI_PLUGINS, DINP_IMAGES, and for `cluster` DINP_CNI_PLUGINS: folders.
    - DOCKER_CONFIG (not for `run`, which uses the caller's credentials): knows the plugins, and nothing of the user.
    """
    cache = sources.cache
    engines = {folder.name: folder.path(cache) / "bin" for folder in engine_folders(sources)}
    clients = client_folder(sources).path(cache)
    tool_files = tools_folder(sources)
    tools = tool_files.path(cache)
    first = [
        checkout / ".venv" / "bin",
        clients / "bin",
        clients / "cli-plugins",
        tools / "bin",
        *list(engines.values())[:1],
    ]
    theirs = environment.get("PATH", os.defpath).split(os.pathsep)
    path = dict.fromkeys([*map(str, first), *theirs, *SYSTEM_FOLDERS])
    found = {
        "PATH": os.pathsep.join(path),
        "DINP_ENGINES": os.pathsep.join(map(str, engines.values())),
        "DINP_TOOLS": str(tools / "bin"),
        "DINP_CLI_PLUGINS": str(clients / "cli-plugins"),
        "DINP_IMAGES": str(images_folder(cache)),
    }
    for name, folder in engines.items():
        found["DINP_ENGINE_" + name.removeprefix("docker-").replace(".", "_")] = str(folder)
    for other in other_engine_folders(sources):
        found["DINP_ENGINE_" + other.name.upper()] = str(other.path(cache) / "bin")
    if any(name.startswith("cni/") for name in tool_files.files):
        found["DINP_CNI_PLUGINS"] = str(tools / "cni")
    if purpose != "run":
        found["DOCKER_CONFIG"] = str(docker_config(checkout))
    return found


def images_folder(cache: Cache) -> Path:
    """Where root file systems for images are kept."""
    return cache.root / "images"


def docker_config(checkout: Path) -> Path:
    """The tests' own configuration folder of the docker command."""
    return checkout / ".cache" / "docker"


def as_shell(found: Mapping[str, str]) -> str:
    """Lines for `eval` in sh."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())
