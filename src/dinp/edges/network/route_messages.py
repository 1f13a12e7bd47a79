"""The few rtnetlink(7) requests that a link takes."""

import errno
import socket
import struct
from ipaddress import ip_address

from dinp.edges.network.netlink import F_EXCLUSIVE_CREATE, Netlink, attribute, attributes, nested, number, text

_NEW_LINK, _DELETE_LINK, _GET_LINK, _NEW_ADDRESS, _GET_ADDRESS, _NEW_ROUTE = 16, 17, 18, 20, 22, 24
_IFINFO = struct.Struct("=BxHiII")
_IFADDR = struct.Struct("=BBBBI")
_RTMSG = struct.Struct("=BBBBBBBBI")

_IFLA_NAME, _IFLA_MTU, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 3, 4, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_IFF_UP = 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_F_NODAD = 1, 2, 3, 0x02
_RTA_GATEWAY, _RTA_OIF = 5, 4
_TABLE_MAIN, _TABLE_LOCAL, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _UNICAST, _LOCAL = 254, 255, 4, 0, 1, 2
_RTA_DESTINATION, _RTA_METRIC = 1, 6


def add_veth(route: Netlink, name: str, peer: str, peer_network: int, mtu: int) -> None:
    """A pair of interfaces: `name` here, `peer` in the namespace behind the descriptor. Raises OSError."""
    their_end = _IFINFO.pack(0, 0, 0, 0, 0) + text(_IFLA_NAME, peer) + number(_IFLA_MTU, mtu)
    their_end += number(_IFLA_NET_NS_FD, peer_network)
    info = nested(
        _IFLA_LINKINFO, text(_INFO_KIND, "veth"), nested(_INFO_DATA, attribute(_VETH_PEER | 0x8000, their_end))
    )
    body = _IFINFO.pack(0, 0, 0, 0, 0) + text(_IFLA_NAME, name) + number(_IFLA_MTU, mtu) + info
    route.do(_NEW_LINK, body, F_EXCLUSIVE_CREATE)


def delete_link(route: Netlink, name: str) -> bool:
    """Remove an interface (of a pair, both); False when there is none of that name. Raises OSError."""
    try:
        route.do(_DELETE_LINK, _IFINFO.pack(0, 0, 0, 0, 0) + text(_IFLA_NAME, name))
    except OSError as error:
        if error.errno == errno.ENODEV:
            return False
        raise
    return True


def index_of(route: Netlink, name: str) -> int:
    """The number of an interface. Raises OSError (ENODEV) when there is none."""
    index: int = _IFINFO.unpack_from(route.get(_GET_LINK, _IFINFO.pack(0, 0, 0, 0, 0) + text(_IFLA_NAME, name)))[2]
    return index


def link_names(route: Netlink) -> list[str]:
    """The names of all interfaces of this namespace."""
    return [
        attributes(body[_IFINFO.size :])[_IFLA_NAME].rstrip(b"\0").decode()
        for body in route.dump(_GET_LINK, _IFINFO.pack(0, 0, 0, 0, 0))
    ]


def addresses(route: Netlink) -> list[tuple[str, str]]:
    """(interface name, IPv4 address) of every address of this namespace; an alias label counts as the name."""
    found = []
    for body in route.dump(_GET_ADDRESS, _IFADDR.pack(socket.AF_INET, 0, 0, 0, 0)):
        about = attributes(body[_IFADDR.size :])
        if _IFA_LOCAL in about and _IFA_LABEL in about:
            found.append((about[_IFA_LABEL].rstrip(b"\0").decode(), str(ip_address(about[_IFA_LOCAL]))))
    return found


def set_up(route: Netlink, index: int) -> None:
    """Switch an interface on. Raises OSError."""
    route.do(_NEW_LINK, _IFINFO.pack(0, 0, index, _IFF_UP, _IFF_UP))


def add_address(route: Netlink, index: int, address: str, prefix: int) -> None:
    """Give an interface an address, at once usable: both ends are ours, so nobody else can have it. Raises OSError."""
    packed = ip_address(address).packed
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    body = _IFADDR.pack(family, prefix, _IFA_F_NODAD, 0, index) + attribute(_IFA_LOCAL, packed)
    route.do(_NEW_ADDRESS, body + attribute(_IFA_ADDRESS, packed), F_EXCLUSIVE_CREATE)


def add_default_route(route: Netlink, index: int, gateway: str) -> None:
    """Send everything else through `gateway`. Raises OSError."""
    packed = ip_address(gateway).packed
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    header = _RTMSG.pack(family, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _UNICAST, 0)
    route.do(_NEW_ROUTE, header + attribute(_RTA_GATEWAY, packed) + number(_RTA_OIF, index), F_EXCLUSIVE_CREATE)


def add_loopback_route(route: Netlink, index: int) -> None:
    """Let [::1] be this machine also for what comes in by an interface, after address translation. Raises OSError.

    Its metric is higher than that of `lo`, which all other traffic goes on using, and no two interfaces have the same,
    which the kernel would refuse. It goes with the interface.
    """
    header = _RTMSG.pack(socket.AF_INET6, 128, 0, 0, _TABLE_LOCAL, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _LOCAL, 0)
    body = attribute(_RTA_DESTINATION, ip_address("::1").packed) + number(_RTA_OIF, index)
    body += number(_RTA_METRIC, 1024 + index)
    route.do(_NEW_ROUTE, header + body, F_EXCLUSIVE_CREATE)
