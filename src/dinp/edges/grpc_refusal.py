"""What the agent says to a client of BuildKit's API when there is no engine: status UNAVAILABLE with the cause.

The client is told in HTTP/2 as gRPC has it (RFC 9113; grpc.io, PROTOCOL-HTTP2, "Trailers-Only"): for each request one
block of headers that ends it. Nothing of the client's headers matters for that, so none is decoded, and no state kept:
what is written uses HPACK's literals without an index (RFC 7541, 6.2.2), and the connection ends with GOAWAY.
"""

import socket
from urllib.parse import quote

from dinp.model.problem import Problem

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = 9
_HEADERS, _SETTINGS, _GOAWAY = 0x1, 0x4, 0x7
_ACK, _END_STREAM, _END_HEADERS = 0x1, 0x1, 0x4
_MOST_BYTES = 1 << 20
"""Of what a client says before its first request is seen; buildctl and buildx say some 300."""

_MOST_MESSAGE = 4000
_UNAVAILABLE = "14"
_STATUS_200 = b"\x88"
"""The entry `:status: 200` of HPACK's static table (RFC 7541, appendix A)."""


class RefusedBuilder:
    """One client that is told why there is no engine; give `fileno()` to a selector, call `advance()` when readable."""

    def __init__(self, client: socket.socket, problem: Problem) -> None:
        """Take over an accepted connection."""
        client.setblocking(False)
        self._socket = client
        self._message = quote(f"dinp: {problem}"[:_MOST_MESSAGE], safe=" :;,.!?'()/=+-_")
        self._said = b""
        self._greeted = False

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let the client go."""
        self._socket.close()

    def advance(self) -> bool:
        """Read what the client says; answer its first request. Returns whether it is done with."""
        try:
            data = self._socket.recv(65536)
            self._said += data
            if not data or len(self._said) > _MOST_BYTES:
                return True
            return self._answer()
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _answer(self) -> bool:
        if not self._greeted:
            if len(self._said) < len(_PREFACE):
                return not _PREFACE.startswith(self._said)
            if not self._said.startswith(_PREFACE):
                return True  # not a client of this API: there is nothing that it would understand
            self._said = self._said.removeprefix(_PREFACE)
            self._greeted = True
            self._socket.sendall(_frame(_SETTINGS, 0, 0, b""))
        while len(self._said) >= _HEAD:
            length = int.from_bytes(self._said[:3], "big")
            kind, flags = self._said[3], self._said[4]
            stream = int.from_bytes(self._said[5:_HEAD], "big") & 0x7FFF_FFFF
            if len(self._said) < _HEAD + length:
                return False
            self._said = self._said[_HEAD + length :]
            if kind == _SETTINGS and not flags & _ACK:
                self._socket.sendall(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _HEADERS:
                self._refuse(stream)
                return True
        return False

    def _refuse(self, stream: int) -> None:
        headers = {"content-type": "application/grpc", "grpc-status": _UNAVAILABLE, "grpc-message": self._message}
        block = _STATUS_200 + b"".join(_literal(name, value) for name, value in headers.items())
        self._socket.sendall(
            _frame(_HEADERS, _END_STREAM | _END_HEADERS, stream, block)
            + _frame(_GOAWAY, 0, 0, stream.to_bytes(4, "big") + bytes(4))
        )
        self._socket.shutdown(socket.SHUT_WR)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _literal(name: str, value: str) -> bytes:
    return b"\x00" + _text(name) + _text(value)


def _text(words: str) -> bytes:
    """A string literal without Huffman coding: its length as an integer with a prefix of 7 bits (RFC 7541, 5.2)."""
    data = words.encode("ascii")
    length = len(data)
    if length < 127:
        return bytes((length,)) + data
    head = [127]
    length -= 127
    while length >= 128:
        head.append(length % 128 + 128)
        length //= 128
    return bytes((*head, length)) + data
