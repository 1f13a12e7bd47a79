"""What the agent says to a client of BuildKit's API when there is no engine: FAILED_PRECONDITION with the cause.

UNAVAILABLE would be the nearest to HTTP's 503, but on that buildx asks again and again for 20 s and then says "context
deadline exceeded" and no cause (BuildKit client/client.go, Wait; buildx driver/remote/driver.go, Bootstrap).
In gRPC's shortest form, "Trailers-Only" (grpc.io, PROTOCOL-HTTP2): one block of headers that ends the request's stream.
"""

import socket
from urllib.parse import quote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, RequestReceived
from h2.exceptions import ProtocolError

from dinp.model.problem import Problem

_MOST_MESSAGE = 4000
_FAILED_PRECONDITION = "9"


class RefusedBuilder:
    """One client that is told why there is no engine; give `fileno()` to a selector, call `advance()` when readable."""

    def __init__(self, client: socket.socket, problem: Problem) -> None:
        """Take over an accepted connection."""
        client.setblocking(False)
        self._socket = client
        self._message = quote(f"dinp: {problem}"[:_MOST_MESSAGE], safe=" :;,.!?'()/=+-_")
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._http.initiate_connection()

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
            events = self._http.receive_data(data)
            request = next((event for event in events if isinstance(event, RequestReceived)), None)
            if request is not None:
                self._refuse(request.stream_id)
            self._socket.sendall(self._http.data_to_send())
            if request is not None:
                self._socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return False
        except (OSError, ProtocolError):  # not a client of this API: there is nothing that it would understand
            return True
        return not data or request is not None or any(isinstance(event, ConnectionTerminated) for event in events)

    def _refuse(self, stream: int) -> None:
        headers = [
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-status", _FAILED_PRECONDITION),
            ("grpc-message", self._message),
        ]
        self._http.send_headers(stream, headers, end_stream=True)
        self._http.close_connection(last_stream_id=stream)
