"""Other people's changes to nftables, as events: a firewall that is reloaded takes our rules with it."""

import socket
from collections.abc import Collection

from pyroute2.netlink import NETLINK_NETFILTER, nlmsg
from pyroute2.netlink.nfnetlink import NFNL_SUBSYS_NFTABLES
from pyroute2.netlink.nfnetlink import nftsocket as nft
from pyroute2.netlink.nlsocket import Marshal

_GROUP_NFTABLES = 7
"""NFNLGRP_NFTABLES of linux/netfilter/nfnetlink.h."""

_TABLE = {nft.NFT_MSG_DELTABLE: nft.nft_table_msg}
_CHAINS = {nft.NFT_MSG_NEWCHAIN: nft.nft_chain_msg, nft.NFT_MSG_DELCHAIN: nft.nft_chain_msg}
_RULES = {nft.NFT_MSG_NEWRULE: nft.nft_rule_msg, nft.NFT_MSG_DELRULE: nft.nft_rule_msg}
_FORMS = {(NFNL_SUBSYS_NFTABLES << 8) | kind: form for kind, form in (_TABLE | _CHAINS | _RULES).items()}
"""Of those messages that may matter."""

_BUFFER = 1 << 18


class RuleEvents:
    """A subscription to this network namespace's nftables (NFNLGRP_NFTABLES); needs CAP_NET_ADMIN."""

    def __init__(self) -> None:
        """Subscribe from now on. Raises OSError."""
        # Not the library's socket, which waits in an event loop of its own: this one is watched by the agent's.
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        self._socket = socket.socket(socket.AF_NETLINK, kind, NETLINK_NETFILTER)
        self._socket.bind((0, 1 << (_GROUP_NFTABLES - 1)))
        self._marshal = Marshal()
        self._marshal.msg_map = _FORMS

    def fileno(self) -> int:
        """Readable when something has changed, by us or by others."""
        return self._socket.fileno()

    def changed(self, own_table: str, watched: Collection[str]) -> bool:
        """Take what has arrived: whether others changed tables, base chains or rules of the chains named `watched`.

        A proxy of Kubernetes changes its own chains and sets all the time, and we our sets: that is no reason to look.
        """
        found = False
        while True:
            try:
                data = self._socket.recv(_BUFFER)
            except BlockingIOError:
                return found
            except OSError:  # ENOBUFS: more happened than the kernel kept for us
                found = True
                continue
            found |= any(_matters(message, own_table, watched) for message in self._marshal.parse(data))

    def close(self) -> None:
        """Unsubscribe."""
        self._socket.close()


def _matters(message: nlmsg, own_table: str, watched: Collection[str]) -> bool:
    kind = message["header"]["type"]
    if kind >> 8 != NFNL_SUBSYS_NFTABLES:
        return False
    kind &= 0xFF
    if kind in _TABLE:
        return True  # also our own: that is what `flush ruleset` does
    if kind in _CHAINS:
        return message.get_attr("NFTA_CHAIN_TABLE") != own_table and message.get_attr("NFTA_CHAIN_HOOK") is not None
    if kind in _RULES:
        return message.get_attr("NFTA_RULE_TABLE") != own_table and message.get_attr("NFTA_RULE_CHAIN") in watched
    return False
