"""The MTU of an engine's link and of its bridges: what the way out carries."""

from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import NetworkFacts
from dinp.model.routes import Route

ETHERNET = 1500
SMALLEST = 1280
"""What every IPv6 link must carry (RFC 8200)."""
USER_MODE = 65520
"""slirp4netns and pasta end TCP connections themselves: large packets only make them faster (slirp4netns(1))."""


def choose_mtu(network: NetworkFacts, isolation: IsolationKind) -> tuple[int, Decision]:
    """The MTU in bytes: the smallest of all default routes, of both IP versions and of every routing table.

    Which of them a packet will take may change while an engine runs (a VPN, a failover); one that is too small costs
    little, one that is too large makes connections hang.
    """
    if isolation is IsolationKind.ROOTLESS:
        why = "a user-mode network ends TCP connections itself, so the packets inside need not fit the link outside"
        return USER_MODE, Decision("mtu", "isolation rootless", str(USER_MODE), why, "another kind of isolation")
    ways = dict.fromkeys(
        (route.network, route.link, _mtu(network, route)) for route in network.routes if route.is_default
    )
    known = [(destination, link, mtu) for destination, link, mtu in ways if mtu]
    if not known:
        why = "no default route has a link with an MTU, so Ethernet's is taken"
        return ETHERNET, Decision("mtu", "no default route", str(ETHERNET), why, "a default route")
    chosen = max(SMALLEST, min(mtu for _, _, mtu in known))
    seen = ", ".join(f"{destination} leaves by {link} with MTU {mtu}" for destination, link, mtu in known)
    why = "larger packets of an engine would be dropped on the way, smaller ones waste time"
    return chosen, Decision("mtu", seen, str(chosen), why, "another MTU of that link")


def _mtu(network: NetworkFacts, route: Route) -> int:
    link = next((link.mtu for link in network.links if link.name == route.link), 0)
    return min(link, route.mtu) if link and route.mtu else link
