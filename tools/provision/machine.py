"""What provisioning has to know about this machine, as values."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where administrators' programs are; an ordinary user's PATH often lacks them."""


@dataclass(frozen=True)
class Machine:
    """The facts that decisions rest on.

    `system` is uname's (Linux, Darwin); `python` the running interpreter's version; `has_venv` whether it can make
    virtual environments; `present` those of the wanted programs that were found.
    """

    system: str
    architecture: str
    os_release: Mapping[str, str]
    python: tuple[int, int]
    has_venv: bool
    is_root: bool
    has_apt: bool
    present: frozenset[str]


def read_machine(wanted: Sequence[str]) -> Machine:
    """Look at the machine; `wanted` are the programs to look for (a name ending in .a is a library)."""
    return Machine(
        system=platform.system(),
        architecture=platform.machine(),
        os_release=read_os_release(),
        python=(sys.version_info.major, sys.version_info.minor),
        has_venv=can_make_venv(),
        is_root=os.geteuid() == 0,
        has_apt=all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg", "dpkg-query")),
        present=frozenset(name for name in wanted if find(name) is not None),
    )


def find(name: str) -> Path | None:
    """A program on PATH or in the system folders; for NAME.a the static library, wherever the compiler looks for it."""
    if name.endswith(".a"):
        folders = ["/usr/lib", "/usr/lib64", "/lib", *map(str, Path("/usr/lib").glob("*-linux-*"))]
        return next((Path(folder, name) for folder in folders if Path(folder, name).exists()), None)
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS)))
    return Path(found) if found else None


def read_os_release() -> Mapping[str, str]:
    """/etc/os-release as a mapping (os-release(5)); empty where there is none."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def can_make_venv() -> bool:
    """Whether `python3 -m venv` would work: Debian and Ubuntu keep ensurepip in a package of its own (python3-venv)."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip.version() and venv.EnvBuilder)
