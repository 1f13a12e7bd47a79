"""Making the kernel forget where it sent datagrams: UDP has no connection, so a tracked flow outlives its rule."""

import errno
import socket

from pyroute2.netlink.nfnetlink.nfctsocket import NFCTAttrTuple, NFCTSocket

from dinp.edges.network.kernel_answers import refusals


def forget_udp(port: int) -> None:
    """Drop the tracked UDP flows to a port, of this network namespace, IPv4 and IPv6.

    A client that sent before the port was published, or after it moved to another engine, would go on reaching the
    old place for as long as it keeps sending. Kernels before 5.8 cannot be asked; there the flows time out.

    Raises:
        OSError: the kernel refused.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        flows = NFCTAttrTuple(family=family, proto=socket.IPPROTO_UDP, dport=port)
        flows.attrs()  # works out `flags`: which of its fields are the filter
        only = [["CTA_FILTER_ORIG_FLAGS", flows.flags], ["CTA_FILTER_REPLY_FLAGS", 0]]
        try:
            with refusals(), NFCTSocket(nfgen_family=family) as tracked:
                tracked.entry("del", tuple_orig=flows, cta_filter={"attrs": only})
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP):
                raise
