"""Listening unix sockets that survive their engines: made, swapped, restored, handed on.

A socket is bound under a temporary name, given its owner and mode, made to listen, and only then renamed to its
path, so that whoever finds the path finds a listener with the right permissions behind it. A swap is the same thing
again: rename(2) replaces the path in one step, clients that already connected stay with the old socket.
"""

import errno
import os
import socket
import stat
import struct
from contextlib import suppress

from dinp.model.endpoint import UnixEndpoint
from dinp.model.problem import BadInputError, Problem, WorldRefusedError
from dinp.model.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: the sockets open from here
    from dinp.edges.network.socket_diag import UnixListener

_LONGEST = 107
"""Bytes of a unix socket's path (unix(7), sun_path)."""

BACKLOG = 4096
"""Clients that may queue while an engine starts; the kernel lowers it to net.core.somaxconn (listen(2))."""


class Listener(Value):
    """A listening socket at a path.

    Attributes:
        socket: the socket, non-blocking on the agent's side (engines set their own mode).
        inode: inode of the socket file, which tells two listeners of one path apart in socket diagnostics.
        spare: where a second name (hard link) of the socket file is kept during a swap, so that it can be taken back.
    """

    socket: socket.socket
    inode: int
    spare: str

    @property
    def identity(self) -> "UnixListener":
        """What socket diagnostics know it by."""
        from dinp.edges.network.socket_diag import identify

        return identify(self.socket)

    def close(self) -> None:
        """Close the agent's side; the path is left alone."""
        _unlink(self.spare)
        self.socket.close()


def listen(endpoint: UnixEndpoint) -> Listener:
    """Open the listener of an endpoint for the first time.

    Raises:
        BadInputError: the path is taken by something that is no stream socket, or its directory cannot be used.
        WorldRefusedError: another process listens there; the sentence names it.
    """
    path = endpoint.path
    try:
        _make_directory(path)
        _refuse_taken(path)
        return put_in_place(endpoint)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInputError(
            Problem(
                "socket-path-unusable",
                f"The socket {path} cannot be opened: {reason}.",
                "Give a short path in a directory that the agent may write to (for dinp run by XDG_STATE_HOME).",
            )
        ) from error


def connect(path: str, listener: Listener | None = None) -> socket.socket:
    """A connection to a listener, non-blocking.

    Args:
        path: where it is.
        listener: which one it must be; who may write to its directory can put another one, or a link, in its place.

    Raises:
        OSError: something else is at the path, nobody listens there, or its queue is full.
    """
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        if listener is not None and os.fstat(place).st_ino != listener.inode:
            raise FileNotFoundError(errno.ENOENT, "another file is in the socket's place", path)
        made.connect(f"/proc/self/fd/{place}")
    except OSError:
        made.close()
        raise
    finally:
        os.close(place)
    return made


def put_in_place(endpoint: UnixEndpoint) -> Listener:
    """Put a fresh listener at the endpoint's path, in one step, whatever socket was there before."""
    path = endpoint.path
    temporary = _unused_name(path)
    if max(len(os.fsencode(name)) for name in (path, temporary)) > _LONGEST:
        raise OSError(errno.ENAMETOOLONG, f"its path has more than {_LONGEST} bytes", path)
    fresh = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        fresh.bind(temporary)
        os.chown(temporary, _or_unchanged(endpoint.owner), _or_unchanged(endpoint.group))
        os.chmod(temporary, endpoint.mode)
        fresh.listen(BACKLOG)
        inode = os.stat(temporary).st_ino
        os.rename(temporary, path)
    except OSError:
        _unlink(temporary)
        fresh.close()
        raise
    return Listener(fresh, inode, temporary)


def swap(endpoint: UnixEndpoint, current: Listener) -> Listener:
    """Put a fresh listener in the place of `current`, whose clients stay with it; `put_back` can take it back."""
    _unlink(current.spare)
    os.link(endpoint.path, current.spare)
    return put_in_place(endpoint)


def put_back(endpoint: UnixEndpoint, listener: Listener) -> None:
    """Put a listener that was swapped away back at its path."""
    os.rename(listener.spare, endpoint.path)


def _unused_name(path: str) -> str:
    return f"{os.path.dirname(path)}/.{os.getpid():x}-{os.urandom(3).hex()}"


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def adopt(endpoint: UnixEndpoint, descriptor: int) -> Listener | None:
    """Take over a listening descriptor that an orphaned engine held, if it still is what the path leads to."""
    taken = socket.socket(fileno=descriptor)
    path = endpoint.path
    try:
        same = taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1 and _leads_to(path, taken)
    except OSError:
        same = False
    if not same:
        taken.close()
        return None
    taken.setblocking(False)
    return Listener(taken, os.stat(path).st_ino, _unused_name(path))


def _leads_to(path: str, listening: socket.socket) -> bool:
    """Whether connecting to the path ends in the queue of this very socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        probe.connect(path)
        name = listening.getsockname()
        return bool(probe.getpeername() == name)


def _make_directory(path: str) -> None:
    directory = os.path.dirname(path)
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        while not os.path.lexists(directory):
            directory = os.path.dirname(directory)
        raise _taken(directory, f"no directory, so that {path} cannot be there") from error


def _taken(path: str, what: str) -> BadInputError:
    return BadInputError(Problem("socket-path-taken", f"{path} is {what}.", "Remove it or choose another path."))


def _refuse_taken(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "a file"
        raise _taken(path, f"{kind}, not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except OSError as error:
            if error.errno in {errno.ECONNREFUSED, errno.ENOENT}:
                return
            if error.errno == errno.EPROTOTYPE:
                raise _taken(path, "a socket for datagrams, which somebody uses") from error
            if error.errno != errno.EAGAIN:
                raise
        credentials = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid = struct.unpack("3i", credentials)[0]
    from dinp.edges.process_events import command_line

    raise WorldRefusedError(
        Problem(
            "socket-in-use",
            f"Somebody already listens at {path}: {command_line(pid)}.",
            "Stop it, or give this tenant another socket.",
        )
    )


def _or_unchanged(identity: int | None) -> int:
    return -1 if identity is None else identity


def remove(endpoint: UnixEndpoint, listener: Listener) -> None:
    """Close a listener and take its path away, unless the path leads to another one by now."""
    take_away(endpoint, listener)
    listener.close()


def take_away(endpoint: UnixEndpoint, listener: Listener) -> None:
    """Take a listener's path away, unless it leads to another one by now; who is connected stays so."""
    with suppress(FileNotFoundError):
        if os.stat(endpoint.path).st_ino == listener.inode:
            os.unlink(endpoint.path)
