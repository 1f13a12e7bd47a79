"""Where engines of `dinp run` live on a plain machine: below /var/lib and /run for root, in XDG's places for others."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dinp.edges.process_events import command_line
from dinp.model.value import Value


class LocalPlace(Value):
    """One run's directories.

    Attributes:
        state: its state directory.
        socket: where its socket goes; the directory is its own.
        kept: the name under which it is kept, or empty.
    """

    state: Path
    socket: Path
    kept: str


def state_home() -> Path:
    """Where runs keep their state: /var/lib/dinp for root, else $XDG_STATE_HOME/dinp (XDG Base Directory)."""
    if os.geteuid() == 0:
        return Path("/var/lib/dinp")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "dinp"


def runtime_home() -> Path:
    """Where runs put their sockets: /run/dinp for root, else $XDG_RUNTIME_DIR/dinp, else below the state."""
    if os.geteuid() == 0:
        return Path("/run/dinp")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "dinp" if runtime and Path(runtime).is_dir() else state_home() / "run"


def new_place(keep: str | None) -> LocalPlace:
    """Directories for a run: fresh ones, or those of the kept name."""
    name = f"{os.getpid():x}-{os.urandom(2).hex()}" if keep is None else keep
    folder = "runs" if keep is None else "kept"
    return LocalPlace(state_home() / folder / name, runtime_home() / folder / name / "docker.sock", keep or "")


def unfinished_places() -> Iterator[LocalPlace]:
    """Runs that were not kept; those whose lock nobody holds were killed. Of some only the lock is left."""
    folder = state_home() / "runs"
    for name in _names(folder):
        yield LocalPlace(folder / name, runtime_home() / "runs" / name / "docker.sock", "")


def kept_places() -> Iterator[LocalPlace]:
    """Places of all kept names."""
    folder = state_home() / "kept"
    for name in _names(folder):
        yield LocalPlace(folder / name, runtime_home() / "kept" / name / "docker.sock", name)


def _names(folder: Path) -> list[str]:
    """What the places below a folder are called; beside each directory lies its lock."""
    if not folder.is_dir():
        return []
    # Other runs clean up as well: what is listed here may be gone when it is looked at.
    return sorted({_unlocked(entry.name) for entry in folder.iterdir() if entry.is_dir() or _is_lock(entry.name)})


def _is_lock(name: str) -> bool:
    return name.startswith(".") and name.endswith(".lock")


def _unlocked(name: str) -> str:
    return name[1:].removesuffix(".lock") if _is_lock(name) else name


def _lock_of(place: LocalPlace) -> Path:
    return place.state.with_name(f".{place.state.name}.lock")


@contextmanager
def held(place: LocalPlace, *, wait: bool) -> Iterator[str | None]:
    """Hold a place for oneself alone.

    Args:
        place: which one.
        wait: whether to wait for whoever holds it; first yields nothing else than a held place.

    Yields:
        None when it is ours; the holder's command line when somebody else has it and `wait` is false.
    """
    file = _lock_of(place)
    file.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    while True:
        with file.open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip()
                yield command_line(int(holder)) if holder.isdigit() else "another process"
                return
            if not _is_at(file, lock.fileno()):
                continue  # whoever held it has removed it: ours would lock nobody out
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield None
            return


def _is_at(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def forget(place: LocalPlace) -> None:
    """Remove the lock and the socket's directory of a place that is gone; call while it is held."""
    if place.socket.parent.is_dir():
        for leftover in place.socket.parent.iterdir():
            leftover.unlink()
        place.socket.parent.rmdir()
    # Last, so that nobody comes in between.
    _lock_of(place).unlink(missing_ok=True)
