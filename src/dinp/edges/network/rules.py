"""The rules of the agent's own table, as values of libnftables-json(5). No I/O here.

One table for all engines of one agent; an engine is a few elements of its sets, so that a packet costs the same few
hash look-ups whether there are two engines or two hundred.
"""

from collections.abc import Iterable

from dinp.edges.network.links import Link
from dinp.edges.network.nft import Json
from dinp.model.link_plan import LinkPlan, PublishedPort

FAMILY = "inet"

BEFORE_CONNTRACK = -350
"""A spoofed packet must not even make a connection-tracking entry (`raw` is -300, nf_ip_hook_priorities)."""
AFTER_DNAT = -95
"""After -100: a port that Docker, kube-proxy or a CNI plugin leads on without binding it stays theirs."""
BEFORE_FILTER = -5
BEFORE_SNAT = 95

PORT_MAPS = {False: ("ports", "ports6"), True: ("exact_ports", "exact_ports6")}
"""By whether the port is published on one address only; IPv4, IPv6."""


def table_name(instance: str) -> str:
    """The name of the table of one agent."""
    return f"dinp_{instance}"


def instance_of(table: str) -> str | None:
    """The agent whose table has that name; None when it is nobody's of ours."""
    return table.removeprefix("dinp_") if table.startswith("dinp_") else None


def whole_table(
    instance: str, links: Iterable[Link], ports: Iterable[tuple[PublishedPort, LinkPlan]] = ()
) -> list[Json]:
    """Commands that make the table anew with these links, whatever was there before."""
    table = table_name(instance)
    head: Json = {"family": FAMILY, "name": table}
    commands: list[Json] = [{"add": {"table": head}}, {"delete": {"table": head}}, {"add": {"table": head}}]
    commands += [{"add": {"set": _named(table, name) | {"type": kind}}} for name, kind in _SETS.items()]
    commands += [{"add": {"map": _named(table, name) | {"type": key, "map": to}}} for name, (key, to) in _MAPS.items()]
    for chain, (kind, hook, priority, rules) in _chains().items():
        base: Json = {"type": kind, "hook": hook, "prio": priority, "policy": "accept"} if kind else {}
        commands.append({"add": {"chain": _named(table, chain) | base}})
        commands += [{"add": {"rule": {"family": FAMILY, "table": table, "chain": chain, "expr": r}}} for r in rules]
    commands += [{"add": element} for link in links for element in link_elements(instance, link)]
    commands += [{"add": port_element(instance, port, plan)} for port, plan in ports]
    return commands


def no_table(instance: str) -> list[Json]:
    """Commands that remove the table, whether it is there or not."""
    head: Json = {"family": FAMILY, "name": table_name(instance)}
    return [{"add": {"table": head}}, {"delete": {"table": head}}]


def link_elements(instance: str, link: Link) -> list[Json]:
    """The elements of one engine, to be added or deleted."""
    table, plan = table_name(instance), link.plan
    found = [
        _element(table, "links", plan.host_name),
        _element(table, "addresses", plan.engine_address),
        _element(table, "sources", {"concat": [plan.host_name, plan.engine_address]}),
    ]
    if link.ipv6:
        found.append(_element(table, "addresses6", plan.engine_address6))
        found.append(_element(table, "sources6", {"concat": [plan.host_name, plan.engine_address6]}))
    if link.translated_resolver is not None:
        key = {"concat": [plan.host_name, plan.host_address]}
        found.append(_element(table, "resolvers", [[key, link.translated_resolver]]))
    return found


def port_element(instance: str, port: PublishedPort, plan: LinkPlan) -> Json:
    """The element of one published port, to be added or deleted."""
    six = ":" in port.host_address
    exact = port.host_address not in ("0.0.0.0", "::")
    middle: list[object] = [port.host_address] if exact else []
    key = {"concat": [port.transport.value, *middle, port.host_port]}
    target = plan.engine_address6 if six else plan.engine_address
    return _element(table_name(instance), PORT_MAPS[exact][six], [[key, target]])


_SETS: dict[str, object] = {
    "links": "ifname",
    "addresses": "ipv4_addr",
    "addresses6": "ipv6_addr",
    "sources": ["ifname", "ipv4_addr"],
    "sources6": ["ifname", "ipv6_addr"],
}
_MAPS: dict[str, tuple[object, object]] = {
    "resolvers": (["ifname", "ipv4_addr"], "ipv4_addr"),
    "ports": (["inet_proto", "inet_service"], "ipv4_addr"),
    "ports6": (["inet_proto", "inet_service"], "ipv6_addr"),
    "exact_ports": (["inet_proto", "ipv4_addr", "inet_service"], "ipv4_addr"),
    "exact_ports6": (["inet_proto", "ipv6_addr", "inet_service"], "ipv6_addr"),
}

_IN: Json = {"meta": {"key": "iifname"}}
_OUT: Json = {"meta": {"key": "oifname"}}
_TRANSPORT: Json = {"meta": {"key": "l4proto"}}
_PORT: Json = {"payload": {"protocol": "th", "field": "dport"}}
_FROM: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
_FROM6: Json = {"payload": {"protocol": "ip6", "field": "saddr"}}
_TO: Json = {"payload": {"protocol": "ip", "field": "daddr"}}
_TO6: Json = {"payload": {"protocol": "ip6", "field": "daddr"}}
_LOOPBACK: Json = {"prefix": {"addr": "127.0.0.0", "len": 8}}
_LINK_LOCAL: Json = {"prefix": {"addr": "fe80::", "len": 10}}
_DROP: Json = {"drop": None}
_ACCEPT: Json = {"accept": None}
_RETURN: Json = {"return": None}
_MASQUERADE: Json = {"masquerade": None}
_TO_THIS_MACHINE: Json = {"fib": {"result": "type", "flags": ["daddr"]}}

Chain = tuple[str | None, str, int, list[list[Json]]]
"""Type (None: not a base chain), hook, priority, rules."""


def _chains() -> dict[str, Chain]:
    return {
        "published": (None, "", 0, _published()),
        "arriving": ("filter", "prerouting", BEFORE_CONNTRACK, _arriving()),
        "prerouting": ("nat", "prerouting", AFTER_DNAT, [_resolver(), _to_published()]),
        "output": ("nat", "output", AFTER_DNAT, [_to_published()]),
        "forward": ("filter", "forward", BEFORE_FILTER, _forward()),
        "postrouting": ("nat", "postrouting", BEFORE_SNAT, _postrouting()),
    }


def _arriving() -> list[list[Json]]:
    """Only an engine's own address comes out of its link, and nothing for the machine's loopback."""
    return [
        [_is_not(_IN, "@links"), _RETURN],
        [_is(_TO, _LOOPBACK), _DROP],
        [_is(_TO6, "::1"), _DROP],
        [_is(_meta("nfproto"), "ipv4"), _is_not(_both(_IN, _FROM), "@sources"), _DROP],
        # Neighbour discovery uses link-local addresses, and the unspecified one before it has any.
        [_is(_TRANSPORT, "icmpv6"), _is(_FROM6, {"set": [_LINK_LOCAL, "::"]}), _RETURN],
        [_is(_meta("nfproto"), "ipv6"), _is_not(_both(_IN, _FROM6), "@sources6"), _DROP],
    ]


def _resolver() -> list[Json]:
    where = {"map": {"key": _both(_IN, _TO), "data": "@resolvers"}}
    both = _is(_TRANSPORT, {"set": ["tcp", "udp"]})
    return [_is(_meta("nfproto"), "ipv4"), both, _is(_PORT, 53), {"dnat": {"family": "ip", "addr": where}}]


def _to_published() -> list[Json]:
    return [_is(_TO_THIS_MACHINE, "local"), {"goto": {"target": "published"}}]


def _published() -> list[list[Json]]:
    """An address that was asked for by name comes before "every address"."""
    rules: list[list[Json]] = []
    for family, kind, address in (("ip", "ipv4", _TO), ("ip6", "ipv6", _TO6)):
        six = family == "ip6"
        for exact, key in ((True, _both(_TRANSPORT, address, _PORT)), (False, _both(_TRANSPORT, _PORT))):
            where = {"map": {"key": key, "data": f"@{PORT_MAPS[exact][six]}"}}
            rules.append([_is(_meta("nfproto"), kind), {"dnat": {"family": family, "addr": where}}])
    return rules


def _forward() -> list[list[Json]]:
    syn: Json = {"match": {"op": "==", "left": {"&": [_tcp_flags(), ["syn", "rst"]]}, "right": "syn"}}
    clamp: Json = {
        "mangle": {
            "key": {"tcp option": {"name": "maxseg", "field": "size"}},
            "value": {"rt": {"key": "mtu"}},
        }
    }
    return [
        [_is_not(_IN, "@links"), _is_not(_OUT, "@links"), _RETURN],
        [syn, clamp],
        [_is({"ct": {"key": "state"}}, ["established", "related"]), _ACCEPT],
        # What came for a published port, also from another tenant: as with any other machine's port.
        [_is({"ct": {"key": "status"}}, ["dnat"]), _ACCEPT],
        # Everything else that is not asked for by the engine: other tenants, and the network around the machine.
        [_is(_OUT, "@links"), _DROP],
    ]


def _postrouting() -> list[list[Json]]:
    return [
        # A client on the machine's loopback, and an engine that calls its own published port, must be answered to us.
        [_is(_OUT, "@links"), _is(_FROM, _LOOPBACK), _MASQUERADE],
        [_is(_OUT, "@links"), _is(_FROM6, "::1"), _MASQUERADE],
        [_is(_both(_OUT, _FROM), "@sources"), _MASQUERADE],
        [_is(_both(_OUT, _FROM6), "@sources6"), _MASQUERADE],
        [_is_not(_OUT, "@links"), _is(_FROM, "@addresses"), _MASQUERADE],
        [_is_not(_OUT, "@links"), _is(_FROM6, "@addresses6"), _MASQUERADE],
    ]


def _named(table: str, name: str) -> Json:
    return {"family": FAMILY, "table": table, "name": name}


def _element(table: str, name: str, element: object) -> Json:
    return {"element": _named(table, name) | {"elem": element if isinstance(element, list) else [element]}}


def _is(left: Json, right: object) -> Json:
    return {"match": {"op": "==" if not isinstance(right, list) else "in", "left": left, "right": right}}


def _is_not(left: Json, right: object) -> Json:
    return {"match": {"op": "!=", "left": left, "right": right}}


def _both(*parts: Json) -> Json:
    return {"concat": list(parts)}


def _meta(key: str) -> Json:
    return {"meta": {"key": key}}


def _tcp_flags() -> Json:
    return {"payload": {"protocol": "tcp", "field": "flags"}}
