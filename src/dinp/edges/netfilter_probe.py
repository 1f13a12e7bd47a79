"""Which packet filters the agent's network namespace uses, asked of the kernel itself: no program, two messages.

The messages are those of linux/netfilter/nfnetlink.h and nf_tables.h; the legacy tables tell their names in /proc.
"""

import os
import socket
import struct
from collections.abc import Iterator

from dinp.edges.small_files import read_text
from dinp.model.node_facts import FirewallFacts

_NETLINK_NETFILTER = 12
_NFTABLES = 10 << 8
_GET_TABLE, _GET_CHAIN = 1, 4
_REQUEST_DUMP = 0x1 | 0x300
_ERROR, _DONE = 2, 3
_NAME = 1
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_POLICY = 1, 3, 4, 5
_HOOK_NUMBER = 1
_FORWARD = 2
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_LEGACY = "/proc/self/net/ip_tables_names"
_IP_FAMILIES = ("inet", "ip", "ip6")


def probe_firewall() -> FirewallFacts:
    """Tables of both kinds, and the policies of nf_tables' chains on the forward hook."""
    legacy = tuple(read_text(_LEGACY).split()) if os.access(_LEGACY, os.R_OK) else None
    try:
        tables = tuple((family, _text(attributes.get(_NAME, b""))) for family, attributes in _dump(_GET_TABLE))
        policies = tuple(_forward_policies()) if tables else ()
    except OSError:
        return FirewallFacts(None, legacy)
    return FirewallFacts(tables, legacy, policies)


def _forward_policies() -> Iterator[tuple[str, str]]:
    for family, attributes in _dump(_GET_CHAIN):
        hook = _attributes(attributes.get(_CHAIN_HOOK, b""))
        if family in _IP_FAMILIES and hook.get(_HOOK_NUMBER) == struct.pack(">I", _FORWARD):
            name = f"{family} {_text(attributes[_CHAIN_TABLE])} {_text(attributes[_CHAIN_NAME])}"
            accepts = attributes.get(_CHAIN_POLICY, struct.pack(">I", 1)) != struct.pack(">I", 0)
            yield name, "accept" if accepts else "drop"


def _dump(command: int) -> Iterator[tuple[str, dict[int, bytes]]]:
    """(family, attributes) of every object of one kind; OSError when the kernel has no nf_tables or refuses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER) as netlink:
        netlink.bind((0, 0))
        netlink.send(struct.pack("=IHHIIBBH", 20, _NFTABLES | command, _REQUEST_DUMP, 1, 0, 0, 0, 0))
        while True:
            data = netlink.recv(1 << 17)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                body, data = data[16:length], data[-(-length // 4) * 4 :]
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", body)[0]
                    raise OSError(number, os.strerror(number))
                yield _FAMILIES.get(body[0], str(body[0])), _attributes(body[4:])


def _attributes(data: bytes) -> dict[int, bytes]:
    """Netlink attributes by type, without the flags in the type's upper bits."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[-(-length // 4) * 4 :]
    return found


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")
