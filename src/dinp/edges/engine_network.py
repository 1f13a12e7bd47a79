"""An engine's link with what hangs on it: its way out, and the ports that it publishes.

The code that does the work is dear to import, so it is imported by `warm_up`: while nobody waits, or, for an engine
that is wanted in the agent's first instant, while the machine is looked at.
"""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack

from dinp.edges import listeners
from dinp.edges.event_loop import EventLoop
from dinp.model.endpoint import UnixEndpoint
from dinp.model.link_plan import LinkPlan
from dinp.model.problem import DinpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dinp.edges.network.firewall import Firewall
    from dinp.edges.network.links import Link

PORTS_SOCKET = "ports.sock"
_SOURCES = os.path.join(os.path.dirname(__file__), "network")
_HELPERS = (
    ("port-helper", os.path.join(_SOURCES, "port_helper.py")),
    ("network-helper", os.path.join(_SOURCES, "podman_helper.py")),
)
"""What dockerd starts for a published port, and what podman starts for a container's network."""


def others_addresses(instance: str) -> frozenset[str]:
    """IPv4 addresses of this machine's ends of other agents' links. Raises OSError."""
    names = [name for _, name in socket.if_nameindex()]
    if not any(name.startswith("dinp") and not name.startswith(f"dinp{instance}-") for name in names):
        return frozenset()
    from dinp.edges.network import links

    return links.others_addresses(instance)


class AgentNetwork:
    """The network that all engines of one agent share."""

    def __init__(self, instance: str) -> None:
        """For the agent of that name; nothing is made yet."""
        self._instance = instance
        self._firewall: Firewall | None = None

    def warm_up(self) -> None:
        """Import what linking an engine takes."""
        import importlib

        for module in ("links", "port_server"):
            importlib.import_module(f"dinp.edges.network.{module}")
        from dinp.edges.network.firewall import Firewall

        if self._firewall is None:
            self._firewall = Firewall(self._instance)

    @property
    def firewall(self) -> "Firewall":
        """The rules of all engines of the agent."""
        self.warm_up()
        if self._firewall is None:
            raise RuntimeError("warm_up makes the firewall")
        return self._firewall


class EngineLink:
    """The network of one run of an engine: `prepare`, `attach`, `serve_ports`, and `take_away` at any point."""

    def __init__(self, network: AgentNetwork, plan: LinkPlan, loop: EventLoop, say: Callable[[str], None]) -> None:
        """Nothing is made yet."""
        self._network = network
        self._plan = plan
        self._loop = loop
        self._say = say
        self._cleanup = ExitStack()
        self._link: Link | None = None
        self._helpers: socket.socket | None = None

    def prepare(self, door: str, owner: int | None) -> None:
        """Put the helpers and the socket that they ask at into the directory that the engine shares with us."""
        for name, path in _HELPERS:
            with open(path, encoding="utf-8") as source, open(f"{door}/{name}", "w", encoding="utf-8") as script:
                script.write(f"#!{_interpreter()} -IS\n{source.read()}")
            os.chmod(f"{door}/{name}", 0o755)
        endpoint = UnixEndpoint(f"{door}/{PORTS_SOCKET}", 0o600, owner, owner)
        listener = listeners.put_in_place(endpoint)
        self._cleanup.callback(listeners.remove, endpoint, listener)
        self._helpers = listener.socket

    def attach(self, pid: int) -> None:
        """Link the network namespace of process `pid` to ours and let it out."""
        from dinp.edges.network import links

        self._link = links.attach(self._plan, pid)
        self._cleanup.callback(self._detach, self._link)
        for sentence in self._network.firewall.admit(self._link):
            self._say(sentence)

    def serve_ports(self) -> None:
        """Answer the port helpers that dockerd starts."""
        from dinp.edges.network.port_server import PortServer

        if self._link is None or self._helpers is None:
            return
        server = PortServer(self._helpers, self._link, self._network.firewall, self._say)
        self._cleanup.callback(server.close)
        self._loop.watch(server, server.ready)
        self._cleanup.callback(self._loop.unwatch, server.fileno())

    def take_away(self) -> None:
        """Remove everything again; twice does no harm."""
        self._cleanup.close()

    def _detach(self, link: "Link") -> None:
        from dinp.edges.network import links

        try:
            links.detach(self._plan)
            for sentence in self._network.firewall.dismiss(self._plan):
                self._say(sentence)
        except (DinpError, OSError) as error:
            # The other tenants' engines go on; the next start of an agent sweeps what is left (network/leftovers.py).
            self._say(f"the link {self._plan.host_name} was not taken away completely: {error}")
        finally:
            os.close(link.network)


def _interpreter() -> str:
    """This Python outside of any virtual environment, as the engine sees it too."""
    return os.path.realpath(sys.executable)
