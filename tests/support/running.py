"""`dinp` as its users start it: the program, its output, its exit code."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.engines import environment

DINP = str(Path(sys.executable).with_name("dinp"))
"""The program that `make setup` leaves beside the interpreter."""

PATIENCE = 120.0
"""Seconds after which something that should have ended is taken for hung; nothing here takes a tenth of it."""


@dataclass(frozen=True)
class Done:
    """What a finished program said."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


def dinp_run(
    version: str, *words: str, folder: Path, options: tuple[str, ...] = (), more: Mapping[str, str] | None = None
) -> Done:
    """`dinp run OPTIONS -- WORDS` in a directory, to its end."""
    argv = [DINP, "run", *options, "--", *words]
    done = subprocess.run(
        argv, cwd=folder, env=environment(version, more), capture_output=True, text=True, timeout=PATIENCE
    )
    return Done(done.returncode, done.stdout, done.stderr)


def script(
    version: str, text: str, *, folder: Path, options: tuple[str, ...] = (), more: Mapping[str, str] | None = None
) -> Done:
    """`dinp run OPTIONS -- sh -euc TEXT`."""
    return dinp_run(version, "sh", "-euc", text, folder=folder, options=options, more=more)


def forget_kept(name: str) -> None:
    """Remove what `--keep` kept, if anything was."""
    subprocess.run([DINP, "run", "--forget", name], capture_output=True, timeout=PATIENCE, check=False)
