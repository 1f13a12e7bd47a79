"""Listening TCP sockets that survive their engines.

A port cannot be renamed over as a path can. Instead a second socket joins the first in a SO_REUSEPORT group, and a
classic BPF program of one instruction, attached to the group, sends every new connection to it (socket(7),
SO_ATTACH_REUSEPORT_CBPF). The first keeps its clients, and is closed when they are done.
"""

import errno
import os
import socket
import struct

from dinp.model.endpoint import TcpEndpoint
from dinp.model.problem import BadInputError, Problem, WorldRefusedError
from dinp.model.value import Value

_BACKLOG = 4096
_ATTACH_REUSEPORT_CBPF = 51
_RETURN_CONSTANT = 0x06
"""BPF_RET | BPF_K (linux/bpf_common.h): the constant is the index of the socket in its group."""


class TcpListener(Value):
    """A listening socket at a port; `inode` is its own, as /proc/PID/fd shows it."""

    socket: socket.socket
    inode: int


def listen(endpoint: TcpEndpoint) -> TcpListener:
    """Open the listener of an endpoint for the first time.

    Raises:
        WorldRefusedError: somebody else has the port.
        BadInputError: the address is none of this machine's.
    """
    try:
        # With SO_REUSEPORT alone, another program of the same user could have the port already without our noticing.
        _bound(endpoint, shared=False).close()
        return _listening(endpoint)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = Problem(
                "port-in-use",
                f"Somebody already listens at {endpoint}.",
                f"`ss -ltnp sport = :{endpoint.port}` tells who; stop it, or give this tenant another port.",
            )
            raise WorldRefusedError(problem) from error
        reason = os.strerror(error.errno or 0)
        raise BadInputError(
            Problem("port-unusable", f"{endpoint} cannot be listened at: {reason}.", "Give an address of this machine.")
        ) from error


def join(endpoint: TcpEndpoint) -> TcpListener:
    """A fresh listener beside the current one, which gets all connections from now on."""
    fresh = _listening(endpoint)
    _steer(fresh, 1)
    return fresh


def put_back(current: TcpListener) -> None:
    """Let new connections go to the older listener of the group again."""
    _steer(current, 0)


def _listening(endpoint: TcpEndpoint) -> TcpListener:
    fresh = _bound(endpoint, shared=True)
    fresh.listen(_BACKLOG)
    return TcpListener(fresh, os.fstat(fresh.fileno()).st_ino)


def _bound(endpoint: TcpEndpoint, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET
    fresh = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        fresh.bind((endpoint.address, endpoint.port))
    except OSError:
        fresh.close()
        raise
    return fresh


def _steer(listener: TcpListener, index: int) -> None:
    import ctypes

    instruction = ctypes.create_string_buffer(struct.pack("=HBBI", _RETURN_CONSTANT, 0, 0, index))
    program = struct.pack("HL", 1, ctypes.addressof(instruction))
    listener.socket.setsockopt(socket.SOL_SOCKET, _ATTACH_REUSEPORT_CBPF, program)
