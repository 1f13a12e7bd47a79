"""Cuts the network of each engine out of the ranges that preflight chose."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from dinp.model.choices import Choices
from dinp.model.link_plan import LinkPlan

_FIRST_PORT, _LAST_PORT = 32768, 60999
"""The kernel's default `ip_local_port_range`, which is divided among the engines of a machine."""

_PORTS_EACH = 256
"""As many random ports as an engine can publish without trying those of others; 110 engines have some of their own."""

_PORT_BLOCKS = (_LAST_PORT + 1 - _FIRST_PORT) // _PORTS_EACH
_ADDRESSES_EACH = 4


def link_plan(choices: Choices, instance: str, index: int, taken: Collection[str] = ()) -> LinkPlan:
    """The network of the engine that is number `index` of the agent `instance`.

    Each index has addresses of its own: a /30 and a /64. Two agents of one machine differ by their instance, which
    seeds where in the ranges the first engine lies and how links are called; what is taken all the same is passed over.

    Args:
        choices: what preflight chose.
        instance: four or five characters of 0-9 and a-f.
        index: from 0 on; with the same `taken`, no two of them get the same.
        taken: host addresses of the links of other agents (edges/network/links.others_addresses).

    Raises:
        ValueError: the range has fewer free networks than that (a /16 has 16384; ids of tenants run out before).
    """
    network, network6 = IPv4Network(choices.link_network), IPv6Network(choices.link_network6)
    seed = int(instance, 16) * 61
    block = _free_block(network, seed, index, taken)
    first = network.network_address + block * _ADDRESSES_EACH
    first6 = network6.network_address + (block << 64)
    low = _FIRST_PORT + ((seed + index) % _PORT_BLOCKS) * _PORTS_EACH
    return LinkPlan(
        host_name=f"dinp{instance}-{index}",
        engine_name="eth0",
        host_address=str(first + 1),
        engine_address=str(first + 2),
        prefix=30,
        host_address6=str(first6 + 1),
        engine_address6=str(first6 + 2),
        prefix6=64,
        mtu=choices.mtu,
        port_range=(low, low + _PORTS_EACH - 1),
        nameserver=choices.loopback_nameserver,
    )


def _free_block(network: IPv4Network, seed: int, index: int, taken: Collection[str]) -> int:
    blocks = network.num_addresses // _ADDRESSES_EACH
    base = int(network.network_address)
    used = {(int(IPv4Address(address)) - base) // _ADDRESSES_EACH for address in taken}
    free = [block for step in range(blocks) if (block := (seed + step) % blocks) not in used]
    if index >= len(free):
        raise ValueError(f"{network} has no network left for engine number {index}")
    return free[index]
