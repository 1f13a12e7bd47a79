"""Holding a port of the machine by a bound socket, so that nobody else can have it, nor a second tenant."""

import errno
import socket

from dinp.edges.network.links import Link
from dinp.model.link_plan import PublishedPort, Transport

_BACKLOG = 128


class PortTakenError(Exception):
    """Somebody has the port; the text is Docker's own."""


class PortRefusedError(Exception):
    """The port cannot be had here for another reason; the text says why."""


def reserve(port: PublishedPort) -> socket.socket | None:
    """Bind the port on the agent's side, and for TCP listen: two sockets that only bind do not exclude each other.

    Returns:
        The socket; None for SCTP on a kernel without SCTP sockets, where no program can have the port either.

    Raises:
        PortTakenError, PortRefusedError.
    """
    family = socket.AF_INET6 if ":" in port.host_address else socket.AF_INET
    try:
        held = _open(family, port.transport)
    except OSError as error:
        if port.transport is Transport.SCTP and error.errno == errno.EPROTONOSUPPORT:
            return None
        raise PortRefusedError(_listen_failed(port, error)) from error
    try:
        if family == socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if port.transport is not Transport.UDP:
            # As every Go program does: connections of a predecessor in TIME_WAIT do not keep the port.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((port.host_address, port.host_port))
        if port.transport is not Transport.UDP:
            held.listen(_BACKLOG)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"Bind for {_shown(port)} failed: port is already allocated") from error
        raise PortRefusedError(_listen_failed(port, error)) from error
    held.setblocking(False)
    return held


def relay_sockets(link: Link) -> list[tuple[Transport, socket.socket]]:
    """Sockets for DNS at the link's address, where queries have to be relayed; none where they need not.

    None either where a resolver listens on every address of the machine: then queries reach that one.

    Raises:
        PortRefusedError: the address cannot be bound.
    """
    found: list[tuple[Transport, socket.socket]] = []
    for transport in (Transport.UDP, Transport.TCP) if link.relays_resolver else ():
        try:
            held = reserve(PublishedPort(transport, link.plan.host_address, 53))
        except PortTakenError:
            continue
        if held is not None:
            found.append((transport, held))
    return found


def _open(family: socket.AddressFamily, transport: Transport) -> socket.socket:
    match transport:
        case Transport.TCP:
            return socket.socket(family, socket.SOCK_STREAM)
        case Transport.UDP:
            return socket.socket(family, socket.SOCK_DGRAM)
        case Transport.SCTP:
            return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_SCTP)


def _shown(port: PublishedPort) -> str:
    host = f"[{port.host_address}]" if ":" in port.host_address else port.host_address
    return f"{host}:{port.host_port}"


def _listen_failed(port: PublishedPort, error: OSError) -> str:
    """In the words of docker-proxy, which people look up."""
    return f"listen {port.transport.value} {_shown(port)}: bind: {(error.strerror or str(error)).lower()}"
