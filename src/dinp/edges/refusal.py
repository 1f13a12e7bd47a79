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

_MOST_READ = 1 << 30
"""Of one client: who sends more after it was told is let go."""


class RefusedClient:
    """One client that is told why there is no engine; give `fileno()` to a selector, call `advance()` when readable."""

    def __init__(self, client: socket.socket, problem: Problem) -> None:
        """Take over an accepted connection."""
        client.setblocking(False)
        self._socket = client
        self._http = h11.Connection(h11.SERVER)
        self._message = f"dinp: {problem}"
        self._read = 0
        self._told = False

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def advance(self) -> bool:
        """Read what the client says; answer when it has said what it wants. Returns whether it is done with.

        It may have more to send (`docker build` its context), and hears the answer only if somebody takes that in.
        """
        try:
            data = self._socket.recv(65536)
            self._read += len(data)
            if not self._told:
                self._take(data)
        except BlockingIOError:
            return False
        except (OSError, h11.ProtocolError):
            return True
        return not data or self._read > _MOST_READ

    def _take(self, data: bytes) -> None:
        self._http.receive_data(data)
        while not self._told and (event := self._http.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Request(method=method):
                    self._answer(method)
                    self._told = True
                case _:
                    return

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
