"""Routes as /proc/net/route and /proc/net/ipv6_route tell them, as networks in CIDR notation."""

from dataclasses import dataclass

_UP = 0x1
_REJECT = 0x200


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        network: the destination in CIDR notation; `0.0.0.0/0` and `::/0` are the default.
        link: name of the interface; `lo` where the kernel keeps a route to itself.
        metric: the lower one is preferred.
        mtu: bytes; 0 when the route does not lower that of its link.
    """

    network: str
    link: str
    metric: int
    mtu: int = 0

    @property
    def is_default(self) -> bool:
        """Whether it leads everywhere."""
        return self.network in ("0.0.0.0/0", "::/0")


def _dotted(word: str) -> str:
    """/proc/net/route prints addresses as little-endian words on every machine that dockerd is built for."""
    return ".".join(str(byte) for byte in reversed(bytes.fromhex(word)))


def parse_ipv4_routes(text: str) -> tuple[Route, ...]:
    """The usable routes of /proc/net/route (the main table)."""
    routes = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 9:
            continue
        flags = int(fields[3], 16)
        if not flags & _UP or flags & _REJECT:
            continue
        prefix = int(fields[7], 16).bit_count()
        routes.append(Route(f"{_dotted(fields[1])}/{prefix}", fields[0], int(fields[6]), int(fields[8])))
    return tuple(routes)


def parse_ipv6_routes(text: str) -> tuple[Route, ...]:
    """The usable routes of /proc/net/ipv6_route, without those to the machine itself and to multicast."""
    routes = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 10:
            continue
        flags, destination, prefix = int(fields[8], 16), fields[0], int(fields[1], 16)
        if not flags & _UP or flags & _REJECT or fields[9] == "lo" or destination.startswith("ff"):
            continue
        groups = ":".join(destination[start : start + 4] for start in range(0, 32, 4))
        network = "::/0" if prefix == 0 else f"{groups}/{prefix}"
        routes.append(Route(network, fields[9], int(fields[5], 16)))
    return tuple(routes)


def default_route(routes: tuple[Route, ...]) -> Route | None:
    """The default route that the kernel prefers; None without one."""
    candidates = [route for route in routes if route.is_default]
    return min(candidates, key=lambda route: route.metric) if candidates else None
