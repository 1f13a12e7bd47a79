"""The network of an engine that lives in a network namespace of its own, as values."""

from enum import Enum

from dinp.model.value import Value


class LinkPlan(Value):
    """A veth pair between the agent's network namespace and the engine's.

    Attributes:
        host_name: name of the agent's end, at most 15 characters, beginning with `dinp`.
        engine_name: name of the engine's end, as the engine sees it.
        host_address, engine_address: IPv4 addresses of the ends.
        prefix: length of the IPv4 prefix that they share.
        host_address6, engine_address6, prefix6: the same for IPv6 (a unique local network, RFC 4193).
        mtu: bytes, that of the agent's way out.
        port_range: first and last port that the engine's kernel hands out by itself (`ip_local_port_range`):
            a block of each tenant's own, so that two engines do not publish the same random port.
        nameserver: a resolver of the agent's side that listens on loopback only and is made reachable
            at `host_address` port 53; None when resolvers can be reached directly.
    """

    host_name: str
    engine_name: str
    host_address: str
    engine_address: str
    prefix: int
    host_address6: str
    engine_address6: str
    prefix6: int
    mtu: int
    port_range: tuple[int, int]
    nameserver: str | None = None


class Transport(Enum):
    """Protocols whose ports Docker publishes."""

    TCP = "tcp"
    UDP = "udp"
    SCTP = "sctp"


class PublishedPort(Value):
    """One port that an engine publishes, as dockerd tells its userland proxy.

    Attributes:
        transport: its protocol.
        host_address: the address asked for; `0.0.0.0` and `::` mean every one.
        host_port: the port, the same on the agent's side and in the engine's namespace.
    """

    transport: Transport
    host_address: str
    host_port: int
