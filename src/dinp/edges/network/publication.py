"""One published port: taken, led to its container and given back; a failed step undoes those before it."""

import contextlib

from dinp.edges.network import reservation
from dinp.edges.network.engine_ports import EnginePorts
from dinp.edges.network.firewall import Firewall
from dinp.edges.network.forwarder import Forwarder
from dinp.edges.network.port_request import PortRequest
from dinp.model.link_plan import LinkPlan, Transport


class Publication:
    """A port while it is published; `held` is its bound socket, to be watched for clients that no rule leads on."""

    def __init__(self, request: PortRequest, plan: LinkPlan, firewall: Firewall, inner: EnginePorts) -> None:
        """Publish; when this returns the kernel has it.

        Raises:
            PortTakenError, PortRefusedError: the sentence is for the user.
            WorldRefusedError, OSError: nft or the kernel refused.
        """
        self.request = request
        self._plan = plan
        with contextlib.ExitStack() as undo:
            self.held = reservation.reserve(request.port) if self.is_served else None
            if self.held is not None:
                undo.callback(self.held.close)
            inner.lead(request)
            undo.callback(inner.leave, request)
            if not request.translates:
                firewall.publish(request.port, plan)
                undo.callback(firewall.withdraw, [request.port])
            self._undo = undo.pop_all()

    def __str__(self) -> str:
        """As `docker ps` shows it."""
        port = self.request.port
        host = f"[{port.host_address}]" if ":" in port.host_address else port.host_address
        return f"{host}:{port.host_port}->{self.request.container_port}/{port.transport.value}"

    @property
    def is_served(self) -> bool:
        """Whether anything answers: nothing translates SCTP between IPv6 and IPv4, and dockerd asks for both."""
        return not (self.request.translates and self.request.port.transport is Transport.SCTP)

    @property
    def can_forward(self) -> bool:
        """Whether a forwarder can serve it; for SCTP there is none."""
        return self.held is not None and self.request.port.transport is not Transport.SCTP

    def withdraw(self) -> None:
        """Give the port back. Raises WorldRefusedError, OSError; the socket is closed in any case."""
        self._undo.close()

    def end(self) -> None:
        """Let go of the port when the engine ends, and its namespace with it; Firewall.withdraw does the rest."""
        self._undo.pop_all()
        if self.held is not None:
            self.held.close()

    def forward(self) -> Forwarder:
        """Start the forwarder, because a client has come to the socket itself. Raises OSError."""
        assert self.held is not None
        plan, request = self._plan, self.request
        address = plan.engine_address6 if ":" in request.container_address else plan.engine_address
        return Forwarder(self.held, request.port.transport, address, request.port.host_port)
