"""All the sockets of one tenant as one thing: opened, swapped, put back and taken away together."""

import socket
from contextlib import ExitStack

from dinp.edges import listeners, tcp_listeners
from dinp.edges.listeners import Listener
from dinp.edges.tcp_listeners import TcpListener
from dinp.model.tenant import Tenant
from dinp.model.value import Value


class TenantDoors(Value):
    """The listening sockets on which a tenant's clients arrive."""

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
        doors = TenantDoors(unix or listeners.listen(tenant.socket), tcp)
        undo.pop_all()
        return doors


def swap(tenant: Tenant, current: TenantDoors) -> TenantDoors:
    """Fresh sockets in the place of the current ones, whose clients stay with them."""
    unix = listeners.swap(tenant.socket, current.unix)
    return TenantDoors(unix, tcp_listeners.join(tenant.tcp) if tenant.tcp is not None and current.tcp else None)


def put_back(tenant: Tenant, serving: TenantDoors, fresh: TenantDoors) -> None:
    """Take a swap back; the fresh sockets, on which nobody waits, are closed."""
    listeners.put_back(tenant.socket, serving.unix)
    if serving.tcp is not None:
        tcp_listeners.put_back(serving.tcp)
    fresh.close()


def remove(tenant: Tenant, doors: TenantDoors) -> None:
    """Close the sockets and take the path away; harmless when that was done before."""
    if doors.open:
        listeners.remove(tenant.socket, doors.unix)
        if doors.tcp is not None:
            doors.tcp.socket.close()
