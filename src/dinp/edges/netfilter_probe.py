"""Which packet filters the agent's network namespace uses, asked of the kernel itself: two messages, no program.

The messages are those of linux/netfilter/nf_tables.h; the legacy tables tell their names in /proc.
"""

import os
import struct
from collections.abc import Iterator

from dinp.edges.legacy_filter import forward_policy
from dinp.edges.network.netlink import NETLINK_NETFILTER, Netlink, attributes
from dinp.edges.small_files import read_text
from dinp.model.node_facts import FirewallFacts

_NFTABLES = 10 << 8
_GET_TABLE, _GET_CHAIN = _NFTABLES | 1, _NFTABLES | 4
_ANY_FAMILY = struct.pack("=BBH", 0, 0, 0)
_TABLE_NAME = 1
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_POLICY = 1, 3, 4, 5
_HOOK_NUMBER = 1
_FORWARD, _DROP = struct.pack(">I", 2), struct.pack(">I", 0)
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_ROUTED = ("inet", "ip", "ip6")
_LEGACY = "/proc/self/net/ip_tables_names"


def probe_firewall() -> FirewallFacts:
    """Tables of both kinds, and the policies of their chains on the forward hook."""
    legacy = tuple(read_text(_LEGACY).split()) if os.access(_LEGACY, os.R_OK) else None
    policy = forward_policy() if legacy and "filter" in legacy else None
    older = (("legacy filter FORWARD", policy),) if policy else ()
    try:
        with Netlink(NETLINK_NETFILTER) as netlink:
            tables = tuple(_tables(netlink))
            policies = tuple(_forward_policies(netlink)) if tables else ()
    except OSError:
        return FirewallFacts(None, legacy, older)
    return FirewallFacts(tables, legacy, (*policies, *older))


def _tables(netlink: Netlink) -> Iterator[tuple[str, str]]:
    for body in netlink.dump(_GET_TABLE, _ANY_FAMILY):
        yield _family(body), _text(attributes(body[4:]), _TABLE_NAME)


def _forward_policies(netlink: Netlink) -> Iterator[tuple[str, str]]:
    for body in netlink.dump(_GET_CHAIN, _ANY_FAMILY):
        family, chain = _family(body), attributes(body[4:])
        hook = attributes(chain.get(_CHAIN_HOOK, b""))
        if family in _ROUTED and hook.get(_HOOK_NUMBER) == _FORWARD:
            policy = "drop" if chain.get(_CHAIN_POLICY) == _DROP else "accept"
            yield f"{family} {_text(chain, _CHAIN_TABLE)} {_text(chain, _CHAIN_NAME)}", policy


def _family(body: bytes) -> str:
    return _FAMILIES.get(body[0], str(body[0]))


def _text(found: dict[int, bytes], kind: int) -> str:
    return found.get(kind, b"").rstrip(b"\0").decode(errors="replace")
