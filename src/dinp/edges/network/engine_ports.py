"""The engine's half of a published port: from its link to the container, in the engine's own namespace.

dockerd's own rules there cannot do it: they match the address that the user named (127.0.0.1, one of the machine's),
and what comes in by the link is addressed to the link. Ours come first and lead straight to the container.
"""

import os
from collections.abc import Mapping

from dinp.edges.network import conntrack, nft
from dinp.edges.network.namespace import inside
from dinp.edges.network.nft import Json
from dinp.edges.network.port_request import PortRequest
from dinp.edges.network.reservation import PortTakenError
from dinp.edges.network.rules import FAMILY
from dinp.model.link_plan import Transport

_TABLE = "dinp"
_BEFORE_DOCKERS = -105
_MAPS = {False: ("addresses", "ports"), True: ("addresses6", "ports6")}
"""By whether it is IPv6: to the container's address, and to its port."""

_Key = tuple[Transport, bool, int]
"""Transport, whether IPv6, and port: what a packet on the link tells."""


class EnginePorts:
    """The map in one engine's namespace, and how many published ports lean on each of its elements."""

    def __init__(self, network: int, interface: str) -> None:
        """For the namespace behind the descriptor, whose link is named `interface` there."""
        self._network = os.dup(network)
        self._interface = interface
        self._targets: dict[_Key, tuple[str, int]] = {}
        self._uses: dict[_Key, int] = {}

    def lead(self, request: PortRequest) -> None:
        """Lead a port of the link to its container.

        Raises:
            PortTakenError: another container has that port of the link, on another address of the machine.
            NftRefusedError, OSError: the kernel refused.
        """
        key, target = _key(request), (request.container_address, request.container_port)
        if self._uses.get(key):
            if self._targets[key] != target:
                raise PortTakenError(
                    f"Bind for {request.port.host_address}:{request.port.host_port} failed: port is already allocated "
                    "(an engine of dinp has each port once, whatever the address)"
                )
        else:
            start = [] if self._targets else _table(self._interface)
            self._apply(key, *start, *({"add": element} for element in _elements(key, target)))
            self._targets[key] = target
        self._uses[key] = self._uses.get(key, 0) + 1

    def leave(self, request: PortRequest) -> None:
        """Undo one `lead`; an engine that is gone took its rules with it. Raises NftRefusedError, OSError."""
        key = _key(request)
        self._uses[key] -= 1
        if not self._uses[key]:
            self._apply(key, *({"delete": element} for element in _elements(key, self._targets[key])))

    def close(self) -> None:
        """Let go of the namespace."""
        os.close(self._network)

    def _apply(self, key: _Key, *commands: Mapping[str, object]) -> None:
        def action() -> str:
            nft.apply(*commands)
            if key[0] is Transport.UDP:
                conntrack.forget_udp(key[2])
            return ""

        inside(self._network, action)


def _key(request: PortRequest) -> _Key:
    return request.port.transport, ":" in request.container_address, request.port.host_port


def _elements(key: _Key, target: tuple[str, int]) -> list[Json]:
    transport, six, port = key
    left = {"concat": [transport.value, port]}
    return [
        {"element": {"family": FAMILY, "table": _TABLE, "name": name, "elem": [[left, right]]}}
        for name, right in zip(_MAPS[six], target, strict=True)
    ]


def _table(interface: str) -> list[Json]:
    head: Json = {"family": FAMILY, "name": _TABLE}
    inner: Json = {"family": FAMILY, "table": _TABLE}
    hook: Json = {"type": "nat", "hook": "prerouting", "prio": _BEFORE_DOCKERS, "policy": "accept"}
    commands: list[Json] = [{"add": {"table": head}}, {"delete": {"table": head}}, {"add": {"table": head}}]
    commands.append({"add": {"chain": inner | {"name": "prerouting"} | hook}})
    for family, protocol, names in (("ip", "ipv4", _MAPS[False]), ("ip6", "ipv6", _MAPS[True])):
        # Two maps, because nft 1.0.6 ends with a segmentation fault on JSON of a map to `address . port`.
        for name, value in zip(names, (f"{protocol}_addr", "inet_service"), strict=True):
            kind: Json = {"type": ["inet_proto", "inet_service"], "map": value}
            commands.append({"add": {"map": inner | {"name": name} | kind}})
        to_address, to_port = (_looked_up(name) for name in names)
        expr: list[Json] = [
            {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": interface}},
            {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": protocol}},
            {"dnat": {"family": family, "addr": to_address, "port": to_port}},
        ]
        commands.append({"add": {"rule": inner | {"chain": "prerouting", "expr": expr}}})
    return commands


def _looked_up(name: str) -> Json:
    port: Json = {"payload": {"protocol": "th", "field": "dport"}}
    return {"map": {"key": {"concat": [{"meta": {"key": "l4proto"}}, port]}, "data": f"@{name}"}}
