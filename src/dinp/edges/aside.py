"""Work in a process of its own, done while this one goes on: a start has more to import than one processor likes."""

from __future__ import annotations

import contextlib
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Aside:
    """Begins at once; the process is gone when its result was taken."""

    def __init__(self, work: Callable[[], object]) -> None:
        """Fork.

        Args:
            work: what to do there, as this process is now; its result must be one that can be pickled.
        """
        self._reader, writer = os.pipe()
        self._ended = False
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._reader)
                _answer(writer, work())
            finally:
                os._exit(0)
        os.close(writer)

    def result(self) -> object | None:
        """Wait for it, once; None when the work ended in an exception, or somebody killed the process."""
        import pickle

        reader, self._reader = self._reader, -1
        with open(reader, "rb") as pipe:
            said = pipe.read()
        self._collect()
        return pickle.loads(said) if said else None

    def abandon(self) -> None:
        """Wait for its end without its result; harmless after `result`."""
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1
        if not self._ended:
            self._collect()

    def _collect(self) -> None:
        with contextlib.suppress(ChildProcessError):  # whoever collects orphans may have been quicker
            os.waitpid(self._pid, 0)
        self._ended = True


def _answer(writer: int, result: object) -> None:
    import pickle

    with open(writer, "wb") as pipe:
        pipe.write(pickle.dumps(result))
