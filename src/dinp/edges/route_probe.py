"""The routes of the agent's network namespace, by rtnetlink(7).

Not from /proc/net/route: its column MTU holds the advertised segment size plus 40 (net/ipv4/fib_trie.c), and it knows
the main table only, while VPNs keep theirs in others and some pod networks set the MTU on routes.
"""

import socket

from pyroute2 import IPRoute
from pyroute2.netlink import NLM_F_DUMP_INTR, nlmsg

from dinp.edges.network.kernel_answers import refusals
from dinp.model.routes import Route

_UNICAST = 1
_LOCAL_TABLE = 255
_CACHED = 0x200
"""RTM_F_CLONED of linux/rtnetlink.h."""

_ANYWHERE = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))


def probe_routes() -> tuple[Route, ...]:
    """Every route that packets can take, IPv4 before IPv6; none where the kernel does not tell."""
    routes = []
    try:
        with refusals(), IPRoute() as kernel:
            for family, anywhere in _ANYWHERE:
                found = (_route(message, family, anywhere) for message in _dump(kernel, family))
                routes += [route for route in found if route is not None]
    except OSError:
        # A kernel without IPv6 refuses its half; without rtnetlink at all there is no network to speak of.
        return tuple(routes)
    return tuple(routes)


def _dump(kernel: IPRoute, family: int) -> tuple[nlmsg, ...]:
    """The whole table, asked for again when it changed meanwhile."""
    while True:
        found = tuple(kernel.get_routes(family=family))
        if not any(message["header"]["flags"] & NLM_F_DUMP_INTR for message in found):
            return found


def _route(message: nlmsg, family: int, anywhere: str) -> Route | None:
    if message["family"] != family or message["type"] != _UNICAST or message["flags"] & _CACHED:
        return None
    if message.get_attr("RTA_TABLE", message["table"]) == _LOCAL_TABLE:
        return None
    link = _link(message)
    if link in ("", "lo"):
        return None
    metrics = message.get_attr("RTA_METRICS")
    mtu = metrics.get_attr("RTAX_MTU", 0) if metrics is not None else 0
    return Route(f"{message.get_attr('RTA_DST', anywhere)}/{message['dst_len']}", link, mtu)


def _link(message: nlmsg) -> str:
    """The interface; of several next hops the first one's. Empty for none, and for one that is gone meanwhile."""
    index = message.get_attr("RTA_OIF")
    hops = message.get_attr("RTA_MULTIPATH")
    if not index and hops:
        index = hops[0]["oif"]
    try:
        return socket.if_indextoname(index) if index else ""
    except OSError:
        return ""
