"""Knows from an engine itself when it answers and which containers run, over one connection of the agent's own.

The connection waits in the engine's queue like any client's, so the first answer is the exact moment of readiness;
afterwards it stays open on the engine's event stream (Docker Engine API, `/events`). Nothing is asked twice.
"""

import json
import socket
import time

import h11

_MOST_BYTES = 16 << 20
"""Of one answer. Whoever is root in an engine can answer in its place: nothing that it says may hurt the agent."""

_MOST_CONTAINERS = 100_000

_EVENTS = json.dumps({"type": ["container"], "event": ["start", "die", "died"]})
"""podman (4.3) compares with its own word, `died`, and then says `die`."""


class EngineWatch:
    """Watches one run of one engine; give `fileno()` to a selector for reading and call `advance()` when readable.

    Attributes:
        answered: whether the engine has given a real answer.
        containers: ids of its running containers.
        failed: whether the connection ended; the engine's own end is told by its pidfd, not by this.
    """

    def __init__(self, path: str) -> None:
        """Connect to the unix socket `path` and ask; the engine need not exist yet, its listener must.

        Raises:
            OSError: nobody listens there.
        """
        self.answered = False
        self.failed = False
        self.containers: set[str] = set()
        self._asked = ["/_ping", "/containers/json"]
        self._since = int(time.time()) - 1
        self._body = b""
        self._pending = b""
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
            self._ask()
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let the connection go."""
        self._socket.close()

    def advance(self) -> None:
        """Take what has arrived; see the attributes afterwards."""
        try:
            data = self._socket.recv(65536)
            self._http.receive_data(data)
            self._take_events()
        except BlockingIOError:
            return
        except (OSError, h11.ProtocolError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            # An answer after which nothing more can be asked (`Connection: close`, as an engine says that is just
            # ending), or JSON of another shape than the API's, or of none.
            self.failed = True

    def _ask(self) -> None:
        target = self._asked.pop(0) if self._asked else f"/events?since={self._since}&filters={_quoted(_EVENTS)}"
        request = h11.Request(method="GET", target=target, headers=[("Host", "docker"), ("User-Agent", "dinp-agent")])
        self._body, self._target = b"", target
        self._socket.sendall((self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b""))

    def _take_events(self) -> None:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                return
            match event:
                case h11.Response(status_code=status) if status >= 500:
                    self.failed = True
                    return
                case h11.Data(data=data):
                    self._take_data(bytes(data))
                case h11.EndOfMessage():
                    self._finish_answer()
                case h11.ConnectionClosed():
                    self.failed = True
                    return
                case _:
                    continue

    def _take_data(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > _MOST_BYTES or len(self.containers) > _MOST_CONTAINERS:
            raise ValueError("more than an engine would say")
        if not self._target.startswith("/events"):
            return
        *lines, self._body = self._body.split(b"\n")
        for line in filter(None, lines):
            event = json.loads(line)
            identity = event.get("Actor", {}).get("ID", "")
            if event.get("Action") == "start":
                self.containers.add(identity)
            else:
                self.containers.discard(identity)

    def _finish_answer(self) -> None:
        self.answered = True
        if self._target == "/containers/json":
            self.containers = {container["Id"] for container in json.loads(self._body)}
        self._http.start_next_cycle()
        self._ask()


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)
