"""How many clients a listening socket has, asked of the kernel (sock_diag(7)): the agent is not in the data path.

Two listeners may have had the same path or port, one after the other, in a swap. They are told apart:

- unix: every accepted socket carries the file that its listener was bound to, by inode and device, even when another
  file has taken over the name. An accepted socket belongs to the network namespace of the *client*, though, so that of
  a client in a pod shows up in no dump of ours; it is found among the descriptors of the process that accepted it.
- TCP: an accepted socket does not tell its listener; which process accepted it does.

dockerd keeps some sockets of `docker run` after their clients are gone, for as long as it lives (with TLS: until a
keepalive of its own fails, more than a minute later). They are nobody's:

- unix: an accepted socket whose other end was closed.
- TCP by loopback, where the other end is among our own sockets: one that was told of the end by a socket that no
  process has any more. A client elsewhere may have ended its input only, which looks just the same from here.
"""

import errno
import os
import select
import socket
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from dinp.edges import linux_syscalls
from dinp.edges.network.diag_dump import attributes, dump

_UNIX_REQUEST = struct.Struct("=BBHIIIII")
_UNIX_REPLY = struct.Struct("=BBBBIII")
_SHOW_NAME, _SHOW_VFS, _SHOW_QUEUES = 0x01, 0x02, 0x10
_UNIX_NAME, _UNIX_VFS, _UNIX_QUEUES, _UNIX_SHUTDOWN = 0, 1, 4, 6
_BOTH_WAYS = 3
"""Of sk_shutdown: the other end was closed. One that only sends no more (a client whose input ended) has 1 here."""
_ALL_STATES = 0xFFFFFFFF
_SYN_RECEIVED, _END_SENT, _END_TAKEN, _END_RECEIVED, _LISTENING = 3, 4, 5, 8, 10
"""linux/tcp_states.h; of a socket that sends no more they are FIN_WAIT1 and 2, of its other end CLOSE_WAIT."""

_INET_REQUEST = struct.Struct("=BBBxI2s46x")
_INET_REPLY = struct.Struct("=BBxx48xIIIII")
_INET_ENDS = struct.Struct("=4x2s2s16s16s")
_INET_SOURCE, _INET_DEVICE = 8, 40
_MAPPED = bytes(10) + b"\xff\xff"
"""Before an IPv4 address, as sockets of IPv6 have it."""

_End = tuple[bytes, bytes]
"""Address and port."""

_OPEN_BOUND_FILE = 0x89E0
"""ioctl SIOCUNIXFILE (include/uapi/linux/un.h): a descriptor of the file that a socket is bound to."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Clients of one listener: those in its queue and those that were accepted and are still open.

    Attributes:
        waiting: how many are in the queue.
        accepted: how many the engine has taken from it.
        sockets: the inodes of the accepted ones, for `departures`.
    """

    waiting: int
    accepted: int
    sockets: frozenset[int] = field(default=frozenset(), compare=False, repr=False)

    def __add__(self, other: "Connections") -> "Connections":
        return Connections(self.waiting + other.waiting, self.accepted + other.accepted, self.sockets | other.sockets)

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.accepted


@dataclass(frozen=True, slots=True)
class UnixListener:
    """What tells a bound unix socket from another one of the same name, also after it was closed.

    Attributes:
        inode: of the socket itself, as /proc/PID/fd shows it.
        kernel_file: inode and device of the bound file, as sock_diag tells them.
        file: the same as stat(2) tells them, which overlayfs and btrfs do differently.
    """

    inode: int
    kernel_file: tuple[int, int]
    file: tuple[int, int]


def identify(listener: socket.socket) -> UnixListener:
    """The identity of a bound unix socket that was made in this network namespace.

    Raises:
        OSError: it is not bound to a file, or CAP_NET_ADMIN is missing.
    """
    inode = os.fstat(listener.fileno()).st_ino
    for found, _, about in _unix_sockets():
        if found == inode and _UNIX_VFS in about:
            return UnixListener(inode, _kernel_file(about), _bound_file(listener.fileno()))
    raise OSError(f"{listener.getsockname()!r} is not bound to a file in this network namespace")


def unix_connections(listener: UnixListener, acceptors: Collection[int] = ()) -> Connections:
    """The clients of one listener, and of no other that has or had its name.

    Args:
        listener: what `identify` said.
        acceptors: ids of the processes that accept from it; without them, clients in other network namespaces count
            only while they wait.

    Raises:
        OSError: the kernel refused; a process that has ended counts as one without sockets.
    """
    waiting = 0
    accepted: set[int] = set()
    known: set[int] = set()
    for inode, state, about in _unix_sockets():
        known.add(inode)
        if inode == listener.inode:
            waiting = struct.unpack_from("=I", about[_UNIX_QUEUES])[0]
        elif (
            state != _LISTENING
            and _UNIX_VFS in about
            and _kernel_file(about) == listener.kernel_file
            and _has_another_end(about)
        ):
            accepted.add(inode)
    for pid in acceptors:
        accepted |= _accepted_elsewhere(pid, listener, known)
    return Connections(waiting, len(accepted), frozenset(accepted))


def connections(path: str) -> Connections:
    """The clients, waiting and accepted, of all sockets of this network namespace that were bound as `path`."""
    waiting = 0
    accepted: set[int] = set()
    for inode, state, about in _unix_sockets():
        if about.get(_UNIX_NAME, b"").rstrip(b"\0") != os.fsencode(path):
            continue
        if state == _LISTENING:
            waiting += struct.unpack_from("=I", about[_UNIX_QUEUES])[0]
        elif _has_another_end(about):
            accepted.add(inode)
    return Connections(waiting, len(accepted), frozenset(accepted))


def tcp_connections(port: int, listener: int, acceptors: Collection[int] | None = None) -> Connections:
    """The clients of a listening TCP socket of this network namespace.

    Args:
        port: its port.
        listener: the inode of the socket, `os.fstat(descriptor).st_ino`.
        acceptors: count only what these processes accepted; None counts all of the port.

    Returns:
        Half-open connections of the port count as waiting, because the kernel does not tell which listener they have.
    """
    waiting = 0
    accepted: set[int] = set()
    ended: dict[int, _End] = {}
    for body in _tcp_sockets(_ALL_STATES, port):
        _, state, _, queue, _, _, inode = _INET_REPLY.unpack_from(body)
        if state == _LISTENING:
            waiting += queue if inode == listener else 0
        elif state == _SYN_RECEIVED:
            waiting += 1
        elif inode:
            accepted.add(inode)
            if state == _END_RECEIVED and _is_loopback(far := _ends(body)[1]):
                ended[inode] = far
    if ended:
        reading = _half_closed()
        accepted -= {inode for inode, client in ended.items() if client not in reading}
    if acceptors is not None:
        accepted &= {inode for pid in acceptors for _, inode in sockets_of(pid)}
    return Connections(waiting, len(accepted), frozenset(accepted))


def _half_closed() -> set[_End]:
    """Where the sockets of this namespace are that send no more, and that a process still has."""
    found = _tcp_sockets(1 << _END_SENT | 1 << _END_TAKEN)
    return {_ends(body)[0] for body in found if _INET_REPLY.unpack_from(body)[-1]}


def _tcp_sockets(states: int, port: int = 0) -> Iterator[bytes]:
    """The TCP sockets of this namespace in some of these states, of one port of their own; 0 is any."""
    for family in (socket.AF_INET, socket.AF_INET6):
        yield from dump(_INET_REQUEST.pack(family, socket.IPPROTO_TCP, 0, states, struct.pack("!H", port)))


def _ends(body: bytes) -> tuple[_End, _End]:
    """A TCP socket's own end and the other one; an IPv4 address is the same whichever family's socket has it."""
    own_port, far_port, own, far = _INET_ENDS.unpack_from(body)
    if body[0] == socket.AF_INET:
        return (own[:4], own_port), (far[:4], far_port)
    return (own.removeprefix(_MAPPED), own_port), (far.removeprefix(_MAPPED), far_port)


def _is_loopback(end: _End) -> bool:
    address, _ = end
    return address[0] == 127 if len(address) == 4 else address == socket.inet_pton(socket.AF_INET6, "::1")


def is_bound_to_device(address: str, port: int) -> bool:
    """Whether the UDP socket of this namespace at an IPv4 address takes what comes by one interface only.

    Returns:
        False also when there is no such socket, or when the kernel cannot tell (udp_diag is missing).
    """
    request = _INET_REQUEST.pack(socket.AF_INET, socket.IPPROTO_UDP, 0, _ALL_STATES, struct.pack("!H", port))
    packed = socket.inet_aton(address)
    try:
        found = dump(request)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return any(
        body[_INET_SOURCE : _INET_SOURCE + 4] == packed and struct.unpack_from("=I", body, _INET_DEVICE)[0]
        for body in found
    )


def _unix_sockets() -> Iterator[tuple[int, int, dict[int, bytes]]]:
    """Inode, state and attributes of the unix sockets of this namespace, without those that nobody accepted yet."""
    show = _SHOW_NAME | _SHOW_VFS | _SHOW_QUEUES
    for body in dump(_UNIX_REQUEST.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, show, 0, 0)):
        _, _, state, _, inode, _, _ = _UNIX_REPLY.unpack_from(body)
        yield inode, state, attributes(body[_UNIX_REPLY.size :])


def _has_another_end(about: dict[int, bytes]) -> bool:
    return about[_UNIX_SHUTDOWN][0] != _BOTH_WAYS


def _kernel_file(about: dict[int, bytes]) -> tuple[int, int]:
    inode, device = struct.unpack_from("=II", about[_UNIX_VFS])
    return inode, device


def _bound_file(descriptor: int) -> tuple[int, int]:
    import fcntl

    file = fcntl.ioctl(descriptor, _OPEN_BOUND_FILE)
    try:
        status = os.fstat(file)
    finally:
        os.close(file)
    return status.st_ino, status.st_dev


def sockets_of(pid: int) -> Iterator[tuple[int, int]]:
    """Descriptor and inode of each socket that a process holds; nothing for a process that has ended."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except (FileNotFoundError, ProcessLookupError):
        return
    for name in names:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if target.startswith("socket:["):
            yield int(name), int(target[len("socket:[") : -1])


def _accepted_elsewhere(pid: int, listener: UnixListener, known: Collection[int]) -> set[int]:
    """Inodes of the sockets of `pid` that are bound to the listener's file and live in other network namespaces."""
    found: set[int] = set()
    unknown = [(number, inode) for number, inode in sockets_of(pid) if inode not in known]
    if not unknown:
        return found
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return found
    try:
        for number, inode in unknown:
            if _serves_somebody(process, number, listener.file):
                found.add(inode)
    finally:
        os.close(process)
    return found


def _serves_somebody(process: int, number: int, file: tuple[int, int]) -> bool:
    """Whether a descriptor of a process is a socket accepted from the listener of `file`, and has another end."""
    try:
        descriptor = linux_syscalls.pidfd_getfd(process, number)
    except OSError:  # closed meanwhile, or the process ended
        return False
    try:
        if _bound_file(descriptor) != file:
            return False
        poll = select.poll()
        poll.register(descriptor, 0)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))
    except OSError:  # not a unix socket, or one without a name
        return False
    finally:
        os.close(descriptor)
