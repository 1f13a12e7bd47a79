"""Other people's changes to nftables, as events: a firewall that is reloaded takes our rules with it."""

import os
import socket
import struct
from collections.abc import Collection

from dinp.edges.network.netlink import NETLINK_NETFILTER, attributes, messages

_GROUP_NFTABLES = 7
_SUBSYSTEM = 10
_DELETE_TABLE, _NEW_CHAIN, _DELETE_CHAIN, _NEW_RULE, _DELETE_RULE = 2, 3, 5, 6, 8
_TABLE, _RULE_CHAIN, _CHAIN_HOOK = 1, 2, 4
_NFGENMSG = struct.calcsize("=BBH")
_BUFFER = 1 << 18


class RuleEvents:
    """A subscription to this network namespace's nftables (NFNLGRP_NFTABLES); needs CAP_NET_ADMIN."""

    def __init__(self) -> None:
        """Subscribe from now on. Raises OSError."""
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        self._socket = socket.socket(socket.AF_NETLINK, kind, NETLINK_NETFILTER)
        self._socket.bind((0, 1 << (_GROUP_NFTABLES - 1)))

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
            for kind, _, body in messages(data):
                if kind >> 8 == _SUBSYSTEM:
                    found |= _matters(kind & 0xFF, attributes(body[_NFGENMSG:]), own_table, watched)

    def close(self) -> None:
        """Unsubscribe."""
        self._socket.close()


def _matters(kind: int, about: dict[int, bytes], own_table: str, watched: Collection[str]) -> bool:
    if kind == _DELETE_TABLE:
        return True  # also our own: that is what `flush ruleset` does
    if _text(about.get(_TABLE)) == own_table:
        return False
    if kind in (_NEW_CHAIN, _DELETE_CHAIN):
        return _CHAIN_HOOK in about
    return kind in (_NEW_RULE, _DELETE_RULE) and _text(about.get(_RULE_CHAIN)) in watched


def _text(value: bytes | None) -> str:
    return os.fsdecode((value or b"").rstrip(b"\0"))
