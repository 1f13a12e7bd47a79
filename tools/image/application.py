"""dinp itself in the image, with the packages that the lock names, as they are in this checkout's environment."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement

from tools.image.root_tree import compile_ahead
from tools.provision.refusal import RefusalError

HOME = "opt/dinp"
PYTHON = (3, 11)

PROGRAM = f"""#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "/{HOME}")
from dinp.cli.main import main

main()
"""


def make_application(tree: Path, checkout: Path) -> tuple[Distribution, ...]:
    """Put dinp and what it needs below `tree`.

    Returns:
        The distributions that were put there, for the bill of materials.

    Raises:
        RefusalError: this Python is another one than the image's.
    """
    if sys.version_info[:2] != PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        raise RefusalError(f"The image needs Python 3.11, this is {version}.", "Set up the checkout with Python 3.11.")
    home = tree / HOME
    needed = tuple(needed_by("dinp"))
    for found in needed:
        for file in found.files or ():
            target = (home / file).resolve()
            if target.is_relative_to(home.resolve()) and "__pycache__" not in file.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(found.locate_file(file))), target)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout / "src" / "dinp", home / "dinp", ignore=ignored)
    compile_ahead(home, tree)
    program = tree / "usr/local/bin/dinp"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    return needed


def needed_by(name: str) -> Iterable[Distribution]:
    """Every distribution that `name` needs at run time, each once, in alphabetical order."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        for text in requires(waiting.pop()) or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if requirement.name.lower() not in found:
                found[requirement.name.lower()] = distribution(requirement.name)
                waiting.append(requirement.name)
    return [found[key] for key in sorted(found)]
