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
    name = keep or f"{os.getpid():x}-{os.urandom(2).hex()}"
    folder = "kept" if keep else "runs"
    return LocalPlace(state_home() / folder / name, runtime_home() / folder / name / "docker.sock", keep or "")


def unfinished_places() -> Iterator[LocalPlace]:
    """Runs that were not kept; those whose lock nobody holds were killed."""
    folder = state_home() / "runs"
    # Beside each directory lies its lock.
    for state in sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else ():
        yield LocalPlace(state, runtime_home() / "runs" / state.name / "docker.sock", "")


@contextmanager
def held(place: LocalPlace, *, wait: bool) -> Iterator[str | None]:
    """Hold a place for oneself alone.

    Args:
        place: which one.
        wait: whether to wait for whoever holds it; first yields nothing else than a held place.

    Yields:
        None when it is ours; the holder's command line when somebody else has it and `wait` is false.
    """
    place.state.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    with place.state.with_name(f".{place.state.name}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            yield command_line(int(holder)) if holder.isdigit() else "another process"
            return
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield None


def forget(place: LocalPlace) -> None:
    """Remove the lock and the socket's directory of a place that is gone; call while it is held."""
    place.state.with_name(f".{place.state.name}.lock").unlink(missing_ok=True)
    if place.socket.parent.is_dir():
        for leftover in place.socket.parent.iterdir():
            leftover.unlink()
        place.socket.parent.rmdir()
