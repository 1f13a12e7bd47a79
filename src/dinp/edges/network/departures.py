"""Clients that leave, as events, though the agent is not in the data path.

An accepted socket is the engine's. Its descriptor is copied out of the engine (pidfd_getfd(2)), given to an epoll, and
the copy is closed again at once: a registration belongs to the open file, not to the descriptor (epoll(7), question 6),
so it stays as long as the engine has the socket open, and does not keep it open.

No event comes of a connection that the engine closes first, nor where the copy is refused: who waits for departures
looks now and then as well.
"""

import os
import select
import socket
from collections.abc import Collection

from dinp.edges import linux_syscalls
from dinp.edges.network.socket_diag import sockets_of

_ESTABLISHED = 1
"""TCP_ESTABLISHED (linux/tcp_states.h), the first byte of TCP_INFO."""


class Departures:
    """Readable when one of the given sockets has lost its client; close it when that no longer matters."""

    def __init__(self, sockets: Collection[int], acceptors: Collection[int]) -> None:
        """Watch.

        Args:
            sockets: inodes of accepted sockets that have clients, `Connections.sockets`.
            acceptors: the processes among whose descriptors they are; one that has ended has none.
        """
        self._epoll = select.epoll()
        missing = set(sockets)
        for pid in acceptors:
            try:
                descriptors = {inode: number for number, inode in sockets_of(pid) if inode in missing}
            except PermissionError:  # of an ordinary user's agent: a process that has just become somebody else
                continue
            missing -= descriptors.keys()
            if descriptors:
                self._watch(pid, descriptors.values())

    def fileno(self) -> int:
        """For selectors."""
        return self._epoll.fileno()

    def close(self) -> None:
        """Watch no longer."""
        self._epoll.close()

    def _watch(self, pid: int, numbers: Collection[int]) -> None:
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            for number in numbers:
                self._add(process, number)
        finally:
            os.close(process)

    def _add(self, process: int, number: int) -> None:
        try:
            copy = socket.socket(fileno=linux_syscalls.pidfd_getfd(process, number))
        except OSError:  # closed meanwhile, or refused
            return
        with copy:
            if copy.family == socket.AF_UNIX:
                # EPOLLHUP, which needs no asking for: the other end is gone. EPOLLRDHUP would also tell of one that
                # only sends no more, and waits for an answer.
                self._epoll.register(copy.fileno(), 0)
            elif copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED:
                self._epoll.register(copy.fileno(), select.EPOLLRDHUP)
