"""The tables and base chains of this network namespace's nftables, asked of the kernel itself.

That is two messages and no program; everything else about nftables is the `nft` program's (network/nft.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pyroute2.netlink.nfnetlink import nftsocket as nft

from dinp.edges.network.kernel_answers import refusals

_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_ROUTED = ("inet", "ip", "ip6")
_HOOKS = ("prerouting", "input", "forward", "output", "postrouting", "ingress")
"""By the numbers of `enum nf_inet_hooks` (linux/netfilter.h); families that are not routed have others."""

_ANY_FAMILY = 0
_DROP = 0


@dataclass(frozen=True, slots=True)
class BaseChain:
    """A chain that the kernel asks about routed packets.

    Attributes:
        family: `inet`, `ip` or `ip6`.
        table: its table.
        name: its own name.
        kind: `filter`, `nat` or `route`.
        hook: when it is asked, e.g. `forward`.
        drops: whether its policy is to drop.
    """

    family: str
    table: str
    name: str
    kind: str
    hook: str
    drops: bool


def tables() -> list[tuple[str, str]]:
    """Family and name of every table. Raises OSError."""
    with refusals(), nft.NFTSocket(nfgen_family=_ANY_FAMILY) as kernel:
        return [
            (_family(message["nfgen_family"]), str(message.get_attr("NFTA_TABLE_NAME")))
            for message in kernel.request_get(nft.nft_table_msg(), nft.NFT_MSG_GETTABLE)
        ]


def base_chains() -> Iterator[BaseChain]:
    """Every base chain of the families in which packets are routed. Raises OSError."""
    with refusals(), nft.NFTSocket(nfgen_family=_ANY_FAMILY) as kernel:
        for message in kernel.request_get(nft.nft_chain_msg(), nft.NFT_MSG_GETCHAIN):
            family, hook = _family(message["nfgen_family"]), message.get_attr("NFTA_CHAIN_HOOK")
            if family not in _ROUTED or hook is None:
                continue
            yield BaseChain(
                family,
                str(message.get_attr("NFTA_CHAIN_TABLE")),
                str(message.get_attr("NFTA_CHAIN_NAME")),
                str(message.get_attr("NFTA_CHAIN_TYPE")),
                _HOOKS[hook.get_attr("NFTA_HOOK_HOOKNUM")],
                message.get_attr("NFTA_CHAIN_POLICY") == _DROP,
            )


def _family(number: int) -> str:
    return _FAMILIES.get(number, str(number))
