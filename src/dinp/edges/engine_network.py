"""An engine's link with what hangs on it: its way out, and the ports that it publishes."""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from dinp.edges import listeners
from dinp.edges.event_loop import EventLoop
from dinp.edges.network import links, port_helper
from dinp.edges.network.firewall import Firewall
from dinp.edges.network.links import Link
from dinp.edges.network.port_server import PortServer
from dinp.model.endpoint import UnixEndpoint
from dinp.model.link_plan import LinkPlan

PORTS_SOCKET = "ports.sock"
PORT_HELPER = "port-helper"


class EngineLink:
    """The network of one run of an engine: `prepare`, `attach`, `serve_ports`, and `take_away` at any point."""

    def __init__(self, firewall: Firewall, plan: LinkPlan, loop: EventLoop, say: Callable[[str], None]) -> None:
        """Nothing is made yet."""
        self._firewall = firewall
        self._plan = plan
        self._loop = loop
        self._say = say
        self._cleanup = ExitStack()
        self._link: Link | None = None
        self._helpers: socket.socket | None = None

    def prepare(self, door: Path, owner: int | None) -> None:
        """Put the port helper and the socket that it asks at into the directory that the engine shares with us."""
        script = Path(port_helper.__file__).read_text(encoding="utf-8")
        helper = door / PORT_HELPER
        helper.write_text(f"#!{_interpreter()} -IS\n{script}", encoding="utf-8")
        helper.chmod(0o755)
        endpoint = UnixEndpoint(str(door / PORTS_SOCKET), 0o600, owner, owner)
        listener = listeners.put_in_place(endpoint)
        self._cleanup.callback(listeners.remove, endpoint, listener)
        self._helpers = listener.socket

    def attach(self, pid: int) -> None:
        """Link the network namespace of process `pid` to ours and let it out."""
        self._link = links.attach(self._plan, pid)
        self._cleanup.callback(self._detach, self._link)
        for sentence in self._firewall.admit(self._link):
            self._say(sentence)

    def serve_ports(self) -> None:
        """Answer the port helpers that dockerd starts."""
        if self._link is None or self._helpers is None:
            return
        server = PortServer(self._helpers, self._link, self._firewall, self._say)
        self._cleanup.callback(server.close)
        self._loop.watch(server, server.ready)
        self._cleanup.callback(self._loop.unwatch, server.fileno())

    def take_away(self) -> None:
        """Remove everything again; twice does no harm."""
        self._cleanup.close()

    def _detach(self, link: Link) -> None:
        links.detach(self._plan)
        for sentence in self._firewall.dismiss(self._plan):
            self._say(sentence)
        os.close(link.network)


def _interpreter() -> str:
    """This Python outside of any virtual environment, as the engine sees it too."""
    return str(Path(sys.executable).resolve())
