"""Just enough netlink (RFC 3549, netlink(7)): framing, attributes, requests and dumps.

pyroute2 knows far more, but importing any part of it costs 190 to 580 ms, several times what an agent may add to the
start of an engine (docs/decisions/0005-engine-network.md); this file is imported in two.
"""

import os
import socket
import struct
from collections.abc import Iterator
from types import TracebackType
from typing import Self

NETLINK_ROUTE = 0
NETLINK_SOCK_DIAG = 4
NETLINK_NETFILTER = 12

F_REQUEST, F_ACK, F_DUMP = 0x1, 0x4, 0x300
F_EXCLUSIVE_CREATE = 0x600
F_DUMP_INTERRUPTED = 0x10

_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF
"""Without the bits for `nested` and `network byte order`, which some kernels set and others do not."""

_BUFFER = 1 << 18
"""Larger than any single read of the kernel's (32 KiB for dumps)."""


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def nested(kind: int, *inner: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | 0x8000, b"".join(inner))


def text(kind: int, value: str) -> bytes:
    """An attribute that holds a C string."""
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """An attribute that holds a 32-bit number in the machine's byte order."""
    return attribute(kind, struct.pack("=I", value))


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in `data`, by kind; of several of one kind the last."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & _TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, flags, body) of each message in what one read returned."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, _, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            break
        yield kind, flags, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


class Netlink:
    """A netlink socket of the network namespace in which it was opened; a context manager."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._sequence = 0
        self._interrupted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def do(self, kind: int, body: bytes, flags: int = 0) -> None:
        """One change, waited for. Raises OSError with the kernel's errno."""
        self._send(kind, F_REQUEST | F_ACK | flags, body)
        for _ in self._replies():
            pass

    def get(self, kind: int, body: bytes) -> bytes:
        """The body of the one answer to a question. Raises OSError with the kernel's errno."""
        self._send(kind, F_REQUEST | F_ACK, body)
        answers = list(self._replies())
        if not answers:
            raise OSError("the kernel acknowledged a netlink question without an answer")
        return answers[0]

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """The bodies of a whole table; asked for again when it changed meanwhile. Raises OSError."""
        while True:
            self._interrupted = False
            self._send(kind, F_REQUEST | F_DUMP, body)
            found = list(self._replies())
            if not self._interrupted:
                return found

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        self._sequence += 1
        self._socket.sendall(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._sequence, 0) + body)

    def _replies(self) -> Iterator[bytes]:
        while True:
            for kind, flags, body in messages(self._socket.recv(_BUFFER)):
                self._interrupted |= bool(flags & F_DUMP_INTERRUPTED)
                if kind in (_ERROR, _DONE):
                    (code,) = struct.unpack_from("=i", body)
                    if code:
                        raise OSError(-code, os.strerror(-code))
                    return
                yield body
