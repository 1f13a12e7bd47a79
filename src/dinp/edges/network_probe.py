"""Routes, links, resolvers and packet filters of the agent's network namespace."""

import contextlib
import fcntl
import os
import socket
import struct

from dinp.edges.netfilter_probe import probe_firewall
from dinp.edges.route_probe import probe_routes
from dinp.edges.small_files import can_open, read_text
from dinp.model.node_facts import LinkMtu, NetworkFacts
from dinp.model.resolv_conf import parse_resolv_conf

_UPLINKS = "/run/systemd/resolve/resolv.conf"
_SIOCGIFMTU = 0x8921


def probe_network() -> NetworkFacts:
    """The network as it is now."""
    routes = probe_routes()
    uplinks = read_text(_UPLINKS)
    return NetworkFacts(
        routes=routes,
        links=tuple(_links({route.link for route in routes})),
        resolver=parse_resolv_conf("/etc/resolv.conf", read_text("/etc/resolv.conf")),
        uplink_resolver=parse_resolv_conf(_UPLINKS, uplinks) if uplinks else None,
        firewall=probe_firewall(),
        tun=can_open("/dev/net/tun"),
        api_server=os.environ.get("KUBERNETES_SERVICE_HOST", ""),
    )


def _links(names: set[str]) -> list[LinkMtu]:
    """MTUs by ioctl, not from /sys: that one shows the namespace in which it was mounted (sysfs(5))."""
    links = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for name in sorted(names):
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(any_socket, _SIOCGIFMTU, struct.pack("16s16x", name.encode()))
                links.append(LinkMtu(name, struct.unpack_from("i", answer, 16)[0]))
    return links
