"""One published port: taken, led to its container and given back; a failed step undoes those before it."""

import contextlib
import os
import socket
import sys
from pathlib import Path

from dinp.edges.network import port_forwarder, reservation
from dinp.edges.network.engine_ports import EnginePorts
from dinp.edges.network.firewall import Firewall
from dinp.edges.network.port_request import PortRequest
from dinp.edges.process_events import wait_for_exit
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
            self.held = reservation.reserve(request.port)
            if self.held is not None:
                undo.callback(self.held.close)
            inner.lead(request)
            undo.callback(inner.leave, request)
            if not request.translates:
                firewall.publish(request.port, plan)
                undo.callback(firewall.withdraw, request.port)
            self._undo = undo.pop_all()

    def __str__(self) -> str:
        """As `docker ps` shows it."""
        port = self.request.port
        host = f"[{port.host_address}]" if ":" in port.host_address else port.host_address
        return f"{host}:{port.host_port}->{self.request.container_port}/{port.transport.value}"

    @property
    def can_forward(self) -> bool:
        """Whether a forwarder can serve it; for SCTP there is none."""
        return self.held is not None and self.request.port.transport is not Transport.SCTP

    def withdraw(self) -> None:
        """Give the port back. Raises WorldRefusedError, OSError; the socket is closed in any case."""
        self._undo.close()

    def forward(self) -> "Forwarder":
        """Start the forwarder, because a client has come to the socket itself. Raises OSError."""
        assert self.held is not None
        plan, request = self._plan, self.request
        address = plan.engine_address6 if ":" in request.container_address else plan.engine_address
        return Forwarder(self.held, request.port.transport, address, request.port.host_port)


class Forwarder:
    """A forwarder's process."""

    def __init__(self, held: socket.socket, transport: Transport, address: str, port: int) -> None:
        """Start it on the socket of a port."""
        program = str(Path(port_forwarder.__file__))
        argv = [sys.executable, "-I", "-S", program, transport.value, address, str(port)]
        # Nothing is ever written to our end: it closes with us, and that is what the process waits for.
        theirs, ours = os.pipe2(os.O_CLOEXEC)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ]
        moved = os.dup(held.fileno()), os.dup(theirs)
        try:
            inner = [(os.POSIX_SPAWN_DUP2, number, target) for target, number in enumerate(moved, port_forwarder.PORT)]
            self._pid = os.posix_spawn(argv[0], argv, {}, file_actions=[*actions, *inner])
        except BaseException:
            os.close(ours)
            raise
        finally:
            for descriptor in (*moved, theirs):
                os.close(descriptor)
        self._lifeline = ours
        self._pidfd = os.pidfd_open(self._pid)

    def fileno(self) -> int:
        """Readable when the process has ended."""
        return self._pidfd

    def close(self) -> None:
        """End the process and wait until it is gone."""
        os.close(self._lifeline)
        wait_for_exit(self._pid, kill=True)
        os.close(self._pidfd)
