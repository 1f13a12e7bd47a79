"""One question of sock_diag(7) and its answers, for socket_diag.py, which counts clients by them.

This is not left to pyroute2, which speaks all other netlink here: its DiagSocket does not see errors (a kernel without
udp_diag looks like one without sockets), and takes 41 microseconds for each socket of the machine where this takes two,
for each engine every few seconds. A listener is asked about before anything as large as that library is imported, too.
"""

import os
import socket
import struct
from collections.abc import Iterator

_NETLINK_SOCK_DIAG = 4
_BY_FAMILY = 20
_REQUEST, _DUMP, _INTERRUPTED = 0x1, 0x300, 0x10
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_BUFFER = 1 << 18
"""Larger than any single read of the kernel's (32 KiB for dumps)."""


def dump(request: bytes) -> list[bytes]:
    """The bodies of all answers; asked for again when the table changed meanwhile.

    Raises:
        OSError: with the kernel's errno; ENOENT for a protocol that it has no diagnosis of.
    """
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG) as kernel:
        while True:
            kernel.sendall(_HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST | _DUMP, 0, 0) + request)
            answers = list(_answers(kernel))
            if not any(flags & _INTERRUPTED for flags, _ in answers):
                return [body for _, body in answers]


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in `data`, by kind."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def _answers(kernel: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Flags and body of each message up to the one that ends the dump."""
    while True:
        data = kernel.recv(_BUFFER)
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, flags, _, _ = _HEADER.unpack_from(data, at)
            body = data[at + _HEADER.size : at + length]
            if kind in (_ERROR, _DONE):
                (code,) = struct.unpack_from("=i", body)
                if code:
                    raise OSError(-code, os.strerror(-code))
                return
            yield flags, body
            at += (length + 3) & ~3
