"""An engine's link with what hangs on it: its way out, and the ports that it publishes."""

from pathlib import Path

from dinp.edges.event_loop import EventLoop
from dinp.edges.network import links
from dinp.edges.network.firewall import Firewall
from dinp.model.link_plan import LinkPlan


class EngineLink:
    """The network of one run of an engine."""

    def __init__(self, firewall: Firewall, plan: LinkPlan, door: Path, owner: int | None) -> None:
        """Nothing is made yet."""
        self._firewall = firewall
        self._plan = plan
        self._door = door
        self._owner = owner

    def open_ports(self, loop: EventLoop) -> None:
        """Listen for the port helpers that dockerd will start."""

    def attach(self, pid: int) -> None:
        """Link the network namespace of process `pid` to ours and let it out."""
        self._firewall.admit(links.attach(self._plan, pid))

    def take_away(self) -> None:
        """Remove the link and its rules; twice does no harm."""
        links.detach(self._plan)
        self._firewall.dismiss(self._plan)
