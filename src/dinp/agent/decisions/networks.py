"""Networks for inner bridges and for the engines' links that collide with nothing that must stay reachable."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.resolv_conf import is_loopback
from dinp.model.value import Value

OWN_LINKS = "dinp"
"""How the names of links begin that agents make: agents share the link network, /30 by /30."""

_POOL_PREFIX = {4: 24, 6: 64}
_POOLS = 2

_BRIDGES = (
    # dockerd's own order (moby daemon/libnetwork/ipamutils), so that inner addresses look as people know them …
    *(f"172.{second}.0.0/16" for second in range(17, 32)),
    *(f"192.168.{third}.0/20" for third in range(0, 256, 16)),
    # … then what is left of the private ranges (RFC 1918), from the end that fewest people use.
    *(f"10.{second}.0.0/16" for second in range(254, 0, -1)),
    # Some companies route all private ranges: what is left is for benchmarks (RFC 2544) and for carriers (RFC 6598).
    *(f"198.19.{third}.0/20" for third in range(0, 256, 16)),
    *(f"100.{second}.0.0/16" for second in range(127, 63, -1)),
)
_LINKS = (
    # For benchmarks between routers (RFC 2544): not routed on the Internet, hardly ever inside.
    "198.18.0.0/16",
    "198.19.0.0/16",
    *(f"10.{second}.0.0/16" for second in range(213, 253)),
    *(f"100.{second}.0.0/16" for second in range(64, 128)),
)
_LINKS6 = tuple(f"fd{second:02x}:d19b:7c3e::/48" for second in range(0x5A, 0x7A))
"""Unique local networks (RFC 4193)."""


class Networks(Value):
    """What was chosen; the fields are those of `Choices`."""

    bridge_address: str
    address_pools: tuple[tuple[str, int], ...]
    link_network: str
    link_network6: str


Network = IPv4Network | IPv6Network


def choose_networks(
    facts: NodeFacts, isolation: IsolationKind, spec: EngineSpec
) -> tuple[Networks, tuple[Decision, ...]]:
    """The networks of engines and, where they have any, of their links.

    Raises:
        WorldRefusedError: every candidate collides, or one that the user asked for does.
    """
    taken = taken_networks(facts, spec)
    foreign = [network for network, link in taken if not link.startswith(OWN_LINKS)]
    has_link = ISOLATIONS[isolation].NEEDS.link
    link = _first_free(_LINKS, foreign if has_link else [], "the engines' links")
    link6 = _first_free(_LINKS6, foreign if has_link else [], "the engines' IPv6 links")
    blocked: list[Network] = [*(network for network, _ in taken), link]
    if spec.address_pools:
        pools = [(pool, max(_POOL_PREFIX[pool.version], pool.prefixlen)) for pool in _asked(spec, blocked)]
        first, prefix = next(pair for pair in pools if pair[0].version == 4)
        bridge: Network = IPv4Network((int(first.network_address), prefix))
    else:
        bridge = _first_free(_BRIDGES, blocked, "the default bridge")
        pools = []
        for _ in range(_POOLS):
            used = [*blocked, bridge, *(pool for pool, _ in pools)]
            pools.append((_first_free(_BRIDGES, used, "user networks"), _POOL_PREFIX[4]))
    networks = Networks(
        bridge_address=f"{bridge.network_address + 1}/{bridge.prefixlen}",
        address_pools=tuple((str(pool), size) for pool, size in pools),
        link_network=str(link),
        link_network6=str(link6),
    )
    decisions = _decisions(networks, taken, asked=bool(spec.address_pools))
    return networks, decisions if has_link else decisions[:-1]


def taken_networks(facts: NodeFacts, spec: EngineSpec) -> list[tuple[Network, str]]:
    """(network, who has it: a link, or what it is) of everything that must stay reachable from inner containers.

    A pod sees a few addresses of its cluster only, as routes, resolver and API server, never the whole ranges for pods
    and Services: there the /16 around each address counts.
    """
    taken: list[tuple[Network, str]] = [
        (ip_network(route.network, strict=False), route.link) for route in facts.network.routes if not route.is_default
    ]
    resolvers = [*facts.network.resolver.nameservers]
    if facts.network.uplink_resolver:
        resolvers += facts.network.uplink_resolver.nameservers
    named = [(address.partition("%")[0], "nameserver") for address in resolvers if not is_loopback(address)]
    for address, who in dict.fromkeys([*named, (facts.network.api_server, "API server")]):
        try:
            taken.append((ip_network(ip_address(address)), who))
        except ValueError:
            continue  # resolv.conf may hold anything, and a machine outside clusters has no API server
    if facts.process.container == "kubernetes":
        taken = list(dict.fromkeys((_widened(network), who) for network, who in taken))
    taken += [(ip_network(network, strict=False), "engine.avoid_networks") for network in spec.avoid_networks]
    return taken


def _widened(network: Network) -> Network:
    return network.supernet(new_prefix=16) if isinstance(network, IPv4Network) and network.prefixlen > 16 else network


def _collides(network: Network, others: list[Network]) -> bool:
    return any(other.version == network.version and network.overlaps(other) for other in others)


def _first_free(candidates: tuple[str, ...], taken: list[Network], use: str) -> Network:
    for text in candidates:
        network = ip_network(text)
        if not _collides(network, taken):
            return network
    raise WorldRefusedError(
        Problem(
            "no-free-network",
            f"No private network is left for {use}: routes, resolvers and engine.avoid_networks take all of"
            f" {candidates[0]} … {candidates[-1]}.",
            "Name networks that may be used in engine.address_pools, or shorten engine.avoid_networks.",
        )
    )


def _asked(spec: EngineSpec, blocked: list[Network]) -> list[Network]:
    pools = [ip_network(text, strict=False) for text in spec.address_pools]
    colliding = [str(pool) for pool in pools if _collides(pool, blocked)]
    if all(pool.version == 6 for pool in pools):
        raise WorldRefusedError(
            Problem(
                "address-pool-without-ipv4",
                "engine.address_pools has IPv6 networks only, but the default bridge needs an IPv4 one.",
                "Add an IPv4 network, e.g. 10.200.0.0/16, or leave engine.address_pools out.",
            )
        )
    if colliding:
        raise WorldRefusedError(
            Problem(
                "address-pool-collides",
                f"{', '.join(colliding)} of engine.address_pools is taken"
                " by a route, a resolver or an entry of engine.avoid_networks.",
                "Choose other networks, or leave engine.address_pools out: preflight then finds free ones.",
            )
        )
    return pools


def _decisions(networks: Networks, taken: list[tuple[Network, str]], *, asked: bool) -> tuple[Decision, ...]:
    ipv4 = [f"{network} ({who})" for network, who in taken if network.version == 4]
    seen = f"in use: {', '.join(ipv4)}" if ipv4 else "no network is in use"
    pools = ", ".join(f"{pool} by /{size}" for pool, size in networks.address_pools)
    why = "engine.address_pools says so" if asked else "the first in dockerd's usual order that collides with nothing"
    change = "a route, a resolver or an entry of engine.avoid_networks in one of them, or engine.address_pools"
    return (
        Decision("bridge-network", seen, networks.bridge_address, why, change),
        Decision("address-pools", seen, pools, why, change),
        Decision(
            "link-network",
            seen,
            f"{networks.link_network} and {networks.link_network6}",
            "nobody routes them here; each engine's link takes a /30 of it",
            "a route or an entry of engine.avoid_networks in one of them",
        ),
    )
