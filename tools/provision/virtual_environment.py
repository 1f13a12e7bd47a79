"""The checkout's .venv: dependencies from a lock with hashes, dinp itself editable; redone when something changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.provision.command import CommandFailedError, Say, run_long
from tools.provision.needs import Purpose
from tools.provision.refusal import RefusalError

LOCKS: Mapping[Purpose, str] = {
    "check": "requirements/dev.lock",
    "run": "requirements/run.lock",
    "test": "requirements/dev.lock",
    "cluster": "requirements/dev.lock",
}


@dataclass(frozen=True)
class VirtualEnvironment:
    """The .venv of a checkout."""

    checkout: Path

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.checkout / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def stamp(self, purpose: Purpose) -> Path:
        """The file that says what was installed for a purpose."""
        return self.folder / f"provisioned-{Path(LOCKS[purpose]).stem}"


def is_ready(environment: VirtualEnvironment, purpose: Purpose) -> bool:
    """Whether the environment holds what the lock says: for `run` the larger one of `test` does as well."""
    for candidate in dict.fromkeys((purpose, "test")):
        stamp = environment.stamp(candidate)
        if stamp.exists() and stamp.read_text() == content_hash(environment.checkout, candidate):
            return environment.python.exists() and (environment.folder / "bin" / "dinp").exists()
    return False


def content_hash(checkout: Path, purpose: Purpose) -> str:
    """Over the lock, what pyproject.toml says of the package (not of linters), the interpreter and the place."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())
    shape = [project.get("build-system"), project.get("project"), project.get("tool", {}).get("hatch")]
    inputs = [(checkout / LOCKS[purpose]).read_text(), shape, sys.version, str(checkout)]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def make(environment: VirtualEnvironment, purpose: Purpose, *, say: Say) -> None:
    """Make or bring up to date the environment. Raises RefusalError when the packages cannot be had."""
    if is_ready(environment, purpose):
        return
    if not is_this_python(environment):
        say(f"  making {environment.folder}")
        shutil.rmtree(environment.folder, ignore_errors=True)
        run_long([sys.executable, "-m", "venv", str(environment.folder)], say=say)
    lock = environment.checkout / LOCKS[purpose]
    say(f"  installing Python packages from {LOCKS[purpose]}")
    pip = [str(environment.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    try:
        run_long([*pip, "--require-hashes", "-r", str(lock)], say=say)
    except CommandFailedError as failed:
        raise RefusalError(
            "pip could not install the locked packages:\n" + failed.output,
            "Check the network and pip's configuration (`pip config list`).",
        ) from failed
    # The build backend is in the lock, so that nothing is fetched without a hash for this one either.
    run_long([*pip, "--no-deps", "--no-build-isolation", "--editable", str(environment.checkout)], say=say)
    environment.stamp(purpose).write_text(content_hash(environment.checkout, purpose))


def is_this_python(environment: VirtualEnvironment) -> bool:
    """Whether the environment exists and works with the interpreter that runs this."""
    if not environment.python.exists():
        return False
    asked = [str(environment.python), "-c", "import sys, pip; print(sys.version)"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout == f"{sys.version}\n"
