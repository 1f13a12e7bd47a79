"""A call to an engine that speaks BuildKit's API, of which only the end matters (grpc.io, PROTOCOL-HTTP2)."""

import socket
import struct

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from dinp import __version__
from dinp.model.engine_command import Request

_MOST_BYTES = 16 << 20
"""Of one answer: whoever is root in an engine can answer in its place, without an end."""

_DONE = b"0"


class BuilderRequest:
    """One call with one message; give `fileno()` to a selector and call `advance()` when readable.

    Attributes:
        more: what is to be asked besides, according to the answer: nothing.
    """

    more: tuple[Request, ...] = ()

    def __init__(self, engine: socket.socket, request: Request) -> None:
        """Take over a fresh, non-blocking connection, and ask.

        Raises:
            OSError: the other end is gone; the connection is left to the caller.
        """
        self._socket = engine
        self._read = 0
        self._status = b""
        self._http = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._http.initiate_connection()
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", request.target),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", f"dinp/{__version__}"),
        ]
        self._http.send_headers(1, headers)
        self._http.send_data(1, struct.pack(">BI", 0, len(request.message)) + request.message, end_stream=True)
        # A fresh socket's buffer takes it at once, whether or not somebody reads.
        engine.sendall(self._http.data_to_send())

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let the connection go."""
        self._socket.close()

    def advance(self) -> str | None:
        """Take what has arrived: None as long as the answer goes on, then nothing, or why it was not done."""
        try:
            data = self._socket.recv(65536)
            self._read += len(data)
            for event in self._http.receive_data(data):
                ended = self._take(event)
                if ended is not None:
                    return ended
            # That its settings and its data have arrived, which is little: who does not take that in is no engine.
            self._socket.sendall(self._http.data_to_send())
        except (OSError, ProtocolError) as error:
            return f"no answer of an engine: {error}"
        if not data:
            return "no answer of an engine"
        return None if self._read <= _MOST_BYTES else "an answer without an end"

    def _take(self, event: Event) -> str | None:
        match event:
            case ResponseReceived(headers=headers) | TrailersReceived(headers=headers):
                self._status = next((value for name, value in headers or () if name == b"grpc-status"), self._status)
            case DataReceived(flow_controlled_length=length, stream_id=stream):
                self._http.acknowledge_received_data(length or 0, stream or 1)
            case StreamEnded():
                return "" if self._status == _DONE else f"status {self._status.decode('ascii', 'replace')}"
            case StreamReset() | ConnectionTerminated():
                return "no answer of an engine"
            case _:
                return None
        return None
