"""Making the kernel forget where it sent datagrams: UDP has no connection, so a tracked flow outlives its rule."""

import errno
import socket
import struct

from dinp.edges.network.netlink import NETLINK_NETFILTER, Netlink, attribute, nested, number

_DELETE = (1 << 8) | 2
_NFGENMSG = struct.Struct("=BBH")
_TUPLE_ORIGINAL, _TUPLE_PROTOCOL, _FILTER = 1, 2, 25
_PROTOCOL_NUMBER, _DESTINATION_PORT = 1, 3
_FILTER_ORIGINAL, _FILTER_REPLY = 1, 2
_BY_PROTOCOL_AND_DESTINATION_PORT = (1 << 3) | (1 << 5)
"""CTA_FILTER_F_CTA_PROTO_NUM and …_DST_PORT (net/netfilter/nf_conntrack_netlink.c, Linux 5.8)."""


def forget_udp(port: int) -> None:
    """Drop the tracked UDP flows to a port, of this network namespace, IPv4 and IPv6.

    A client that sent before the port was published, or after it moved to another engine, would go on reaching the
    old place for as long as it keeps sending. Kernels before 5.8 cannot be asked; there the flows time out.

    Raises:
        OSError: the kernel refused.
    """
    protocol = attribute(_PROTOCOL_NUMBER, bytes([socket.IPPROTO_UDP]))
    destination = attribute(_DESTINATION_PORT, struct.pack("!H", port))
    tuples = nested(_TUPLE_ORIGINAL, nested(_TUPLE_PROTOCOL, protocol, destination))
    what = number(_FILTER_ORIGINAL, _BY_PROTOCOL_AND_DESTINATION_PORT) + number(_FILTER_REPLY, 0)
    with Netlink(NETLINK_NETFILTER) as netfilter:
        for family in (socket.AF_INET, socket.AF_INET6):
            body = _NFGENMSG.pack(family, 0, 0) + tuples + nested(_FILTER, what)
            try:
                netfilter.do(_DELETE, body)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP):
                    raise
