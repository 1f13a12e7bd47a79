"""Cuts the network of each engine out of the ranges that preflight chose."""

from ipaddress import IPv4Network, IPv6Network

from dinp.model.choices import Choices
from dinp.model.link_plan import LinkPlan

_FIRST_PORT, _LAST_PORT = 32768, 60999
"""The kernel's default `ip_local_port_range`, which is divided among the engines of an agent."""

_PORTS_EACH = 512
_BLOCKS = (_LAST_PORT + 1 - _FIRST_PORT) // _PORTS_EACH


def link_plan(choices: Choices, instance: str, index: int) -> LinkPlan:
    """The network of the engine that is number `index` of the agent `instance`.

    Each index has addresses of its own: a /30 and a /64. Two agents of one machine differ by their instance, which
    seeds where in the range the first engine lies and how links are called; an address that is taken all the same is
    the kernel's to refuse.

    Args:
        choices: what preflight chose.
        instance: four characters of 0-9 and a-f.
        index: from 0 on, below 16384 / 4.
    """
    network, network6 = IPv4Network(choices.link_network), IPv6Network(choices.link_network6)
    blocks = network.num_addresses // 4
    block = (int(instance, 16) * 61 + index) % blocks
    first = network.network_address + block * 4
    first6 = network6.network_address + (block << 64)
    low = _FIRST_PORT + (block % _BLOCKS) * _PORTS_EACH
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
