"""Carries what no kernel rule can: IPv6 outside to a container that has IPv4 only.

    port_forwarder.py tcp|udp ADDRESS PORT HELD AGENT

The agent starts it, with the bound socket of the port as descriptor HELD, when the first client comes there; for a port
with kernel rules that is never. It ends when the other end of descriptor AGENT is closed: with the agent at the latest.
TCP data moves between sockets through a pipe inside the kernel (splice(2)); UDP has one socket per client.
"""

import os
import resource
import select
import socket
import sys
from collections import OrderedDict

NOBODY = 65534
CHUNK = 1 << 18
DESCRIPTORS_PER_CLIENT = 6
MOST_UDP_CLIENTS = 1024
LARGEST_DATAGRAM = 65535


class Direction:
    """One way of a TCP connection."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source, self.sink = source, sink
        self.out_of, self.into = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.inside = 0
        self.ended = False
        self.closed = False

    def move(self) -> bool:
        """Move what can be moved now; whether there may be more at once. Raises OSError when a side is broken."""
        moved = 0
        while moved < 4 * CHUNK:
            step = self._fill() + self._drain()
            if not step:
                break
            moved += step
        if self.ended and not self.inside and not self.closed:
            self.closed = True
            self.sink.shutdown(socket.SHUT_WR)
        return moved >= 4 * CHUNK

    def _fill(self) -> int:
        if self.ended or self.inside >= CHUNK:
            return 0
        try:
            count = os.splice(self.source.fileno(), self.into, CHUNK - self.inside, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return 0
        self.ended = count == 0
        self.inside += count
        return count

    def _drain(self) -> int:
        if not self.inside:
            return 0
        try:
            count = os.splice(self.out_of, self.sink.fileno(), self.inside, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            return 0
        self.inside -= count
        return count

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self.out_of)
        os.close(self.into)


class Connection:
    """A client, its counterpart, and both ways between them."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.ways = (Direction(client, server), Direction(server, client))

    def move(self) -> bool:
        """Move both ways; whether there may be more at once. Raises OSError when it is over."""
        more = [way.move() for way in self.ways]
        if all(way.closed for way in self.ways):
            raise ConnectionResetError
        return any(more)

    def close(self) -> None:
        """Give everything back."""
        for way in self.ways:
            way.close()
        self.client.close()
        self.server.close()


def forward_tcp(port: socket.socket, target: tuple[str, int], agent: int) -> None:
    """Accept and carry until the agent closes its end."""
    events = select.epoll()
    events.register(port, select.EPOLLIN)
    events.register(agent, select.EPOLLIN)
    connections: dict[int, Connection] = {}
    busy: set[Connection] = set()
    most = 2 * (resource.getrlimit(resource.RLIMIT_NOFILE)[0] // DESCRIPTORS_PER_CLIENT - 10)
    while True:
        woken = set(busy)
        for number, _ in events.poll(0 if busy else None):
            if number == agent:
                return
            if number == port.fileno():
                accept(port, target, events, connections)
            elif number in connections:
                woken.add(connections[number])
        busy = {connection for connection in woken if carry(connection, events, connections)}
        # A full house keeps further clients in the kernel's queue until somebody leaves.
        events.modify(port, select.EPOLLIN if len(connections) < most else 0)


def accept(
    port: socket.socket, target: tuple[str, int], events: select.epoll, connections: dict[int, Connection]
) -> None:
    """Take one client and begin to connect on its behalf."""
    try:
        client, _ = port.accept()
    except OSError:  # gone already
        return
    server = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET)
    for end in (client, server):
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.connect_ex(target)
    connection = Connection(client, server)
    for end in (client, server):
        connections[end.fileno()] = connection
        events.register(end, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)


def carry(connection: Connection, events: select.epoll, connections: dict[int, Connection]) -> bool:
    """Move what a connection has; whether to come back at once."""
    if connection.client.fileno() not in connections:
        return False
    try:
        if not connection.server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return connection.move()
    except OSError:  # over, or broken on one side: the other side learns it by the close
        pass
    for end in (connection.client, connection.server):
        del connections[end.fileno()]
        events.unregister(end)
    connection.close()
    return False


def forward_udp(port: socket.socket, target: tuple[str, int], agent: int) -> None:
    """Carry datagrams until the agent closes its end; of too many clients the most silent one is forgotten."""
    events = select.epoll()
    events.register(port, select.EPOLLIN)
    events.register(agent, select.EPOLLIN)
    servers: OrderedDict[tuple[object, ...], socket.socket] = OrderedDict()
    clients: dict[int, tuple[object, ...]] = {}
    while True:
        for number, _ in events.poll():
            if number == agent:
                return
            try:
                if number == port.fileno():
                    data, client = port.recvfrom(LARGEST_DATAGRAM)
                    server_for(client, target, events, servers, clients).send(data)
                elif number in clients:
                    port.sendto(servers[clients[number]].recv(LARGEST_DATAGRAM), clients[number])
            except OSError:  # lost datagrams and refusals are for the two ends to notice
                continue


def server_for(
    client: tuple[object, ...],
    target: tuple[str, int],
    events: select.epoll,
    servers: "OrderedDict[tuple[object, ...], socket.socket]",
    clients: dict[int, tuple[object, ...]],
) -> socket.socket:
    """The socket on which a client's datagrams go on, so that answers find back."""
    if client in servers:
        servers.move_to_end(client)
        return servers[client]
    if len(servers) >= MOST_UDP_CLIENTS:
        _, silent = servers.popitem(last=False)
        del clients[silent.fileno()]
        events.unregister(silent)
        silent.close()
    server = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_DGRAM)
    server.setblocking(False)
    server.connect(target)
    servers[client] = server
    clients[server.fileno()] = client
    events.register(server, select.EPOLLIN)
    return server


def main() -> None:
    """Forward as an ordinary user: what comes from strangers needs no rights of the agent's."""
    transport, address, port, held, agent = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    with socket.socket(fileno=int(held)) as bound:
        bound.setblocking(False)
        (forward_tcp if transport == "tcp" else forward_udp)(bound, (address, int(port)), int(agent))


if __name__ == "__main__":
    main()
