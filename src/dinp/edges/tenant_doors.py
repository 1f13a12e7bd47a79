"""All the sockets of one tenant as one thing: opened, swapped, moved, put back and taken away together."""

import socket
from contextlib import ExitStack

from dinp.edges import listeners, tcp_listeners
from dinp.edges.listeners import Listener
from dinp.edges.tcp_listeners import TcpListener
from dinp.model.tenant import Tenant
from dinp.model.value import Value


class TenantDoors(Value):
    """The listening sockets on which a tenant's clients arrive.

    Attributes:
        tenant: whose, with the endpoints that they were opened for.
        unix: the one at its path.
        tcp: the one at its port, if it has one.
    """

    tenant: Tenant
    unix: Listener
    tcp: TcpListener | None

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """In the order in which an engine gets them."""
        return (self.unix.socket,) if self.tcp is None else (self.unix.socket, self.tcp.socket)

    @property
    def open(self) -> bool:
        """Whether they have not been closed yet."""
        return self.unix.socket.fileno() >= 0

    def close(self) -> None:
        """Close the agent's side of them; the path is left alone."""
        self.unix.close()
        if self.tcp is not None:
            self.tcp.socket.close()


def open_doors(tenant: Tenant, unix: Listener | None = None) -> TenantDoors:
    """Open a tenant's sockets, the unix one last: who finds its path (`dinp wait`) finds every door open.

    Args:
        tenant: whose.
        unix: its unix socket, when that was taken over from an engine whose agent is gone.

    Raises:
        DinpError: one cannot be had; none stays open then.
    """
    with ExitStack() as undo:
        if unix is not None:
            undo.callback(listeners.remove, tenant.socket, unix)
        tcp = tcp_listeners.listen(tenant.tcp) if tenant.tcp is not None else None
        if tcp is not None:
            undo.callback(tcp.socket.close)
        doors = TenantDoors(tenant, unix or listeners.listen(tenant.socket), tcp)
        undo.pop_all()
        return doors


def swap(tenant: Tenant, current: TenantDoors) -> TenantDoors:
    """Fresh sockets in the place of the current ones, whose clients stay with them.

    Args:
        tenant: whose, with the endpoints that it has by now; the path is taken away from where it is no longer wanted.
        current: what is open.

    Raises:
        DinpError: a socket cannot be had where it is wanted now; then nothing has changed.
    """
    stays = tenant.socket.path == current.tenant.socket.path
    with ExitStack() as undo:
        tcp = _fresh_tcp(tenant, current)
        if tcp is not None:
            undo.callback(tcp.socket.close)
        unix = listeners.swap(tenant.socket, current.unix) if stays else listeners.listen(tenant.socket)
        undo.pop_all()
    if not stays:
        listeners.take_away(current.tenant.socket, current.unix)
    return TenantDoors(tenant, unix, tcp)


def _fresh_tcp(tenant: Tenant, current: TenantDoors) -> TcpListener | None:
    if tenant.tcp is None:
        return None
    before = current.tenant.tcp
    stays = before is not None and (tenant.tcp.address, tenant.tcp.port) == (before.address, before.port)
    return tcp_listeners.join(tenant.tcp) if stays else tcp_listeners.listen(tenant.tcp)


def put_back(serving: TenantDoors, fresh: TenantDoors) -> None:
    """Take a swap back; the fresh sockets, on which nobody waits, are closed."""
    listeners.put_back(serving.tenant.socket, serving.unix)
    if serving.tcp is not None:
        tcp_listeners.put_back(serving.tcp)
    fresh.close()


def remove(doors: TenantDoors) -> None:
    """Close the sockets and take the path away; harmless when that was done before."""
    if doors.open:
        listeners.remove(doors.tenant.socket, doors.unix)
        if doors.tcp is not None:
            doors.tcp.socket.close()
