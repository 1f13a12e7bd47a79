"""The only HTTP that the agent speaks to a tenant's clients: 503 with the cause, in Docker's own form.

Written so that the user's `docker` prints the sentence: `{"message": …}` (Docker Engine API, ErrorResponse). The CLI
asks `HEAD /_ping` first, which has no body, and goes on to its command, whose answer it prints.
"""

import contextlib
import json
import socket

import h11

from dinp import __version__
from dinp.model.problem import Problem

_LINGER = 65536


class RefusedClient:
    """One client that is told why there is no engine; give `fileno()` to a selector, call `advance()` when readable."""

    def __init__(self, client: socket.socket, problem: Problem) -> None:
        """Take over an accepted connection."""
        client.setblocking(False)
        self._socket = client
        self._http = h11.Connection(h11.SERVER)
        self._message = f"dinp: {problem}"

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def advance(self) -> bool:
        """Read what the client says; answer when its request is complete. Returns whether it is done with."""
        try:
            data = self._socket.recv(_LINGER)
            self._http.receive_data(data)
            event = self._http.next_event()
            while event is not h11.NEED_DATA:
                if isinstance(event, h11.Request):
                    self._answer(event.method)
                    return True
                if isinstance(event, h11.ConnectionClosed):
                    return True
                event = self._http.next_event()
        except BlockingIOError:
            return False
        except (OSError, h11.ProtocolError):
            return True
        return not data

    def _answer(self, method: bytes) -> None:
        body = json.dumps({"message": self._message}).encode() + b"\n"
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            ("Server", f"dinp/{__version__}"),
        ]
        parts = [self._http.send(h11.Response(status_code=503, headers=headers))]
        parts += [self._http.send(h11.Data(data=body))] if method != b"HEAD" else []
        self._socket.sendall(b"".join(part for part in parts if part))
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let the client go."""
        self._socket.close()
