"""A process that carries the clients of one bound socket: port_forwarder.py, started and ended."""

import contextlib
import fcntl
import os
import signal
import socket
import sys

from dinp.model.link_plan import Transport

_PROGRAM = os.path.join(os.path.dirname(__file__), "port_forwarder.py")
_HELD, _AGENT = 3, 4


class Forwarder:
    """A forwarder's process."""

    def __init__(self, held: socket.socket, transport: Transport, address: str, port: int) -> None:
        """Start it on the socket of a port."""
        argv = [sys.executable, "-I", "-S", _PROGRAM, transport.value, address, str(port), str(_HELD), str(_AGENT)]
        # Nothing is ever written to our end: it closes with us, and that is what the process waits for.
        theirs, ours = os.pipe2(os.O_CLOEXEC)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ]
        # Out of the way first: a source that already is one of the targets would be lost.
        moved = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10) for number in (held.fileno(), theirs)]
        try:
            inner = [(os.POSIX_SPAWN_DUP2, number, target) for target, number in enumerate(moved, _HELD)]
            pid = os.posix_spawn(argv[0], argv, {}, file_actions=[*actions, *inner])
        except BaseException:
            os.close(ours)
            raise
        finally:
            for descriptor in (*moved, theirs):
                os.close(descriptor)
        self._lifeline = ours
        self._pidfd = os.pidfd_open(pid)

    def fileno(self) -> int:
        """Readable when the process has ended."""
        return self._pidfd

    def close(self) -> None:
        """End the process and wait until it is gone."""
        os.close(self._lifeline)
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # somebody else of the agent's has waited for it
            os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
        os.close(self._pidfd)
