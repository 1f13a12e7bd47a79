"""The routes of the agent's network namespace, by rtnetlink(7).

Not from /proc/net/route: its column MTU holds the advertised segment size plus 40 (net/ipv4/fib_trie.c), and it knows
the main table only, while VPNs keep theirs in others and some pod networks set the MTU on routes.
"""

import socket
import struct
from ipaddress import ip_address

from dinp.edges.network.netlink import NETLINK_ROUTE, Netlink, attributes
from dinp.model.routes import Route

_GET_ROUTE = 26
_RTMSG = struct.Struct("=BBBBBBBBI")
_NEXT_HOP = struct.Struct("=HBBi")
_UNICAST = 1
_LOCAL_TABLE = 255
_CACHED = 0x200
_DESTINATION, _LINK, _METRICS, _NEXT_HOPS, _TABLE = 1, 4, 8, 9, 15
_MTU = 2
_ANYWHERE: dict[int, bytes] = {socket.AF_INET: bytes(4), socket.AF_INET6: bytes(16)}


def probe_routes() -> tuple[Route, ...]:
    """Every route that packets can take, IPv4 before IPv6; none where the kernel does not tell."""
    routes = []
    try:
        with Netlink(NETLINK_ROUTE) as netlink:
            for family in _ANYWHERE:
                for body in netlink.dump(_GET_ROUTE, _RTMSG.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)):
                    route = _route(family, body)
                    if route is not None:
                        routes.append(route)
    except OSError:
        # A kernel without IPv6 refuses its half; without rtnetlink at all there is no network to speak of.
        return tuple(routes)
    return tuple(routes)


def _route(family: int, body: bytes) -> Route | None:
    answered, length, _, _, table, _, _, kind, flags = _RTMSG.unpack_from(body)
    found = attributes(body[_RTMSG.size :])
    if answered != family or kind != _UNICAST or flags & _CACHED or _number(found, _TABLE, table) == _LOCAL_TABLE:
        return None
    link = _link(found)
    if link in ("", "lo"):
        return None
    destination = ip_address(found.get(_DESTINATION, _ANYWHERE[family]))
    mtu = _number(attributes(found.get(_METRICS, b"")), _MTU, 0)
    return Route(f"{destination}/{length}", link, mtu)


def _link(found: dict[int, bytes]) -> str:
    """The interface; of several next hops the first one's. Empty for none, and for one that is gone meanwhile."""
    index = _number(found, _LINK, 0)
    hops = found.get(_NEXT_HOPS, b"")
    if not index and len(hops) >= _NEXT_HOP.size:
        index = _NEXT_HOP.unpack_from(hops)[3]
    try:
        return socket.if_indextoname(index) if index else ""
    except OSError:
        return ""


def _number(found: dict[int, bytes], kind: int, default: int) -> int:
    value = found.get(kind)
    return int(struct.unpack_from("=I", value)[0]) if value else default
