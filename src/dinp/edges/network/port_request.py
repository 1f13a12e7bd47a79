"""What the port helper says, parsed. It comes from the tenant: nothing in it is taken on trust. No I/O here."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from dinp.model.link_plan import PublishedPort, Transport

MOST_BYTES = 1024
"""Far more than the arguments of docker-proxy ever take."""

_SWITCHES = {"-use-listen-fd", "--use-listen-fd"}
"""dockerd 29: it has bound the address in its own namespace by itself, which is of no use to us."""


class BadPortRequestError(Exception):
    """The arguments are not those that dockerd gives docker-proxy; the text says which is wrong."""


@dataclass(frozen=True, slots=True)
class PortRequest:
    """A wish to publish a port.

    Attributes:
        port: what is to be published on the agent's side.
        container_address, container_port: where the engine takes it on, in its own network.
    """

    port: PublishedPort
    container_address: str
    container_port: int

    @property
    def translates(self) -> bool:
        """Whether IPv6 outside meets IPv4 inside (or the reverse), which no kernel rule can do."""
        return (":" in self.port.host_address) != (":" in self.container_address)


def parse(line: bytes) -> PortRequest:
    """The request in one line: docker-proxy's arguments, separated by NUL. Raises BadPortRequestError."""
    try:
        words = line.decode("ascii").split("\0")
    except UnicodeDecodeError:
        raise BadPortRequestError("the arguments are not ASCII") from None
    options = _options(words)
    try:
        transport = Transport(options["proto"])
    except ValueError:
        raise BadPortRequestError(f"-proto {options['proto']!r} is none of tcp, udp, sctp") from None
    host = _address("host-ip", options["host-ip"])
    if host.is_multicast or (host.version == 6 and host.is_link_local):
        raise BadPortRequestError(f"-host-ip {host} is an address that nothing can be published on")
    container = _address("container-ip", options["container-ip"])
    port = PublishedPort(transport, str(host), _port("host-port", options["host-port"]))
    return PortRequest(port, str(container), _port("container-port", options["container-port"]))


def _options(words: list[str]) -> dict[str, str]:
    wanted = {"proto", "host-ip", "host-port", "container-ip", "container-port"}
    found: dict[str, str] = {}
    rest = iter(word for word in words if word not in _SWITCHES)
    for name in rest:
        key, equals, value = name.lstrip("-").partition("=")
        if key not in wanted or not name.startswith("-"):
            raise BadPortRequestError(f"{name[:40]!r} is no option of docker-proxy")
        found[key] = value if equals else next(rest, "")
    missing = sorted(wanted - set(found))
    if missing:
        raise BadPortRequestError(f"-{missing[0]} is missing")
    return found


def _address(option: str, value: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(value)
    except ValueError:
        raise BadPortRequestError(f"-{option} {value[:50]!r} is not an address") from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise BadPortRequestError(f"-{option} {value[:50]!r} has a zone")
    return address


def _port(option: str, value: str) -> int:
    if not value.isdigit() or len(value) > 5 or not 1 <= int(value) <= 65535:
        raise BadPortRequestError(f"-{option} {value[:10]!r} is not a port")
    return int(value)
