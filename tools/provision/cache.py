"""The cache outside the checkout: one folder per thing and version, complete or absent, shared by all checkouts.

${XDG_CACHE_HOME:-~/.cache}/dinp/
    go/NAME/VERSION-DIGEST/NAME     compiled Go programs
    debian/PACKAGE/VERSION/         packages unpacked privately
    engines/, clients/, tools/      folders for PATH, put together from the two above
    images/                         root file systems that `docker import` takes
    locks/                          one lock per thing that is being made
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.provision.command import Say

HALF_DONE = ".half-done-"


@dataclass(frozen=True)
class Cache:
    """Where things are kept. `root` need not exist yet."""

    root: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> Cache:
        """The cache that XDG_CACHE_HOME (or else HOME) names."""
        base = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME") or Path.home(), ".cache")
        return Cache(Path(base) / "dinp")

    @contextlib.contextmanager
    def locked(self, thing: str, say: Say) -> Iterator[None]:
        """Hold the lock of `thing`; says so and waits while another process makes the same thing.

        The kernel drops the lock of a process that dies, so there is never a stale one to remove.
        """
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with open(locks / f"{thing.replace('/', '_')}.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"    another process is making {thing}: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def complete(final: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file that becomes `final` in one step; the caller holds the lock of the thing."""
    final.parent.mkdir(parents=True, exist_ok=True)
    half_done = final.with_name(HALF_DONE + final.name)
    try:
        write(half_done)
        half_done.replace(final)
    finally:
        half_done.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `final` in one step at the end; after an error or Ctrl-C nothing of it is left.

    The caller holds a lock, so whatever an earlier, killed process left half-done beside `final` is nobody's: it goes.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob(f"{HALF_DONE}*"):
        shutil.rmtree(left)
    half_done = Path(tempfile.mkdtemp(prefix=HALF_DONE, dir=final.parent))
    try:
        half_done.chmod(0o755)
        yield half_done
        if final.exists():
            shutil.rmtree(final)
        half_done.rename(final)
    finally:
        shutil.rmtree(half_done, ignore_errors=True)
