"""A request to an engine that speaks the Docker API, of which little more than the end matters."""

import json
import re
import socket

import h11

from dinp import __version__
from dinp.model.engine_command import Request

_MOST_BYTES = 16 << 20
"""Of one answer: whoever is root in an engine can answer in its place, without an end."""

_FIRST_FAILURE = 400

_NUMBER = re.compile(r"[0-9a-f]{12,64}")
_STOPPED = {"exited", "created", "dead", "stopped", "configured", "initialized"}
"""As the two engines call it (moby container/state.go, StateString; podman libpod/define/containerstate.go)."""


class EngineRequest:
    """One request without a body; give `fileno()` to a selector and call `advance()` when readable.

    Attributes:
        more: what is to be asked besides, according to the answer.
    """

    def __init__(self, engine: socket.socket, request: Request) -> None:
        """Take over a fresh, non-blocking connection, and ask.

        Raises:
            OSError: the other end is gone; the connection is left to the caller.
        """
        self._socket = engine
        self._http = h11.Connection(h11.CLIENT)
        self._request = request
        self._read = 0
        self._status = 0
        self._body = b""
        self.more: tuple[Request, ...] = ()
        headers = [
            ("Host", "docker"),
            ("User-Agent", f"dinp/{__version__}"),
            ("Content-Length", "0"),
            ("Connection", "close"),
        ]
        asked = self._http.send(h11.Request(method=request.method, target=request.target, headers=headers)) or b""
        # A fresh socket's buffer takes it at once, whether or not somebody reads.
        engine.sendall(asked + (self._http.send(h11.EndOfMessage()) or b""))

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
            self._http.receive_data(data)
            return self._take_events()
        except (OSError, h11.ProtocolError, ValueError, TypeError, AttributeError, RecursionError) as error:
            return f"no answer of an engine: {error}"

    def _take_events(self) -> str | None:
        while True:
            match self._http.next_event():
                case h11.NEED_DATA:
                    return None if self._read <= _MOST_BYTES else "an answer without an end"
                case h11.Response(status_code=status):
                    self._status = status
                case h11.Data(data=data) if self._request.removes:
                    self._body += data
                case h11.EndOfMessage() if self._status >= _FIRST_FAILURE:
                    return f"status {self._status}"
                case h11.EndOfMessage():
                    self.more = self._removals() if self._request.removes else ()
                    return ""
                case h11.ConnectionClosed() | h11.PAUSED:
                    return "no answer of an engine"
                case _:
                    continue

    def _removals(self) -> tuple[Request, ...]:
        stopped = [one.get("Id") for one in json.loads(self._body) if one.get("State") in _STOPPED]
        numbers = (number for number in stopped if _NUMBER.fullmatch(number))
        return tuple(Request(self._request.removes.format(number), method="DELETE") for number in numbers)
