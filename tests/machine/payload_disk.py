"""The second disk: dinp as it stands in the checkout, the packages that it needs, an engine, a client, the checks."""

import importlib.metadata
import os
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

from tests.machine.base_disk import make_file_system

CHECKOUT = Path(__file__).parents[2]


def payload_disk(image: Path, *, engine: Path, builder: Path, client: Path, tools: Path, images: Path) -> None:
    """Write the image.

    Args:
        image: the file to write.
        engine: a folder with dockerd and what it needs.
        builder: a folder with buildkitd and buildctl.
        client: a folder with docker.
        tools: a folder with rootlesskit.
        images: a folder with busybox-amd64.tar.
    """
    with tempfile.TemporaryDirectory(prefix="dinp-payload-") as scratch:
        tree = Path(scratch)
        packages = tree / "packages"
        shutil.copytree(CHECKOUT / "src/dinp", packages / "dinp", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for requirement in _requirements():
            _copy_distribution(requirement, packages)
        for name, source in (("engine", engine), ("builder", builder), ("client", client), ("tools", tools)):
            _take(source, tree / name)
        _take(images, tree / "images", only="busybox-amd64.tar")
        for file in (Path(__file__).parent / "inside").iterdir():
            if file.is_file():
                shutil.copy(file, tree / file.name)
        make_file_system(tree, image, megabytes=768)


def _take(source: Path, target: Path, only: str = "*") -> None:
    target.mkdir()
    for file in source.glob(only):
        try:
            os.link(file.resolve(), target / file.name)
        except OSError:  # another file system
            shutil.copy2(file, target / file.name)


def _requirements() -> list[str]:
    """Names of the distributions that the project needs, and that those need, as installed here."""
    declared = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found: list[str] = []
    waiting = list(declared)
    while waiting:
        requirement = waiting.pop()
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if name in found or "extra ==" in requirement:
            continue
        try:
            needs = importlib.metadata.distribution(name).requires or []
        except importlib.metadata.PackageNotFoundError:  # for another platform or Python
            continue
        found.append(name)
        waiting += needs
    return found


def _copy_distribution(name: str, target: Path) -> None:
    """Its files, without compiled extensions: the machine's Python may be another one than ours."""
    distribution = importlib.metadata.distribution(name)
    for file in distribution.files or []:
        if ".." in file.parts or file.suffix in {".so", ".pyc"}:
            continue
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(distribution.locate_file(file)), place)
