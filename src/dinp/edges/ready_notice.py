"""Waits for an engine's own word that it serves its sockets: READY=1 by sd_notify(3)."""

import contextlib
import os
import socket

_MOST_BYTES = 4096


class ReadyNotice:
    """Watches one run of one engine; give `fileno()` to a selector for reading and call `advance()` when readable.

    Whoever is root in the engine could send the word as well, and would tell the agent about nobody's engine but its
    own.

    Attributes:
        answered: whether the engine has said that it is ready.
        containers: always empty: engines that are watched this way run nothing without a client.
        failed: never; the engine's own end is told by its pidfd.
    """

    def __init__(self, path: str, owner: int | None) -> None:
        """Bind a datagram socket at `path` before the engine starts.

        Args:
            path: where; an old socket there is replaced.
            owner: the id, as the agent sees it, of the engine's root; None leaves it to the agent.

        Raises:
            OSError: it cannot be bound there.
        """
        self.answered = False
        self.failed = False
        self.containers: set[str] = set()
        self._path = path
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(path)
            os.chmod(path, 0o600)
            if owner is not None:
                os.chown(path, owner, owner)
        except OSError:
            self.close()
            raise
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let the socket go, and its path."""
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def advance(self) -> None:
        """Take what has arrived; see the attributes afterwards."""
        with contextlib.suppress(BlockingIOError):
            words = self._socket.recv(_MOST_BYTES)
            self.answered = self.answered or b"READY=1" in words.split(b"\n")
