"""The FORWARD policy of the legacy iptables, asked of the kernel as `iptables-legacy -S FORWARD` asks it.

The structures are those of linux/netfilter_ipv4/ip_tables.h. Only for tables that are in use already: the question
itself would load the module of one that is not.
"""

import ctypes
import socket
import struct

_GET_INFO, _GET_ENTRIES = 64, 65
_INFO = struct.Struct("=32sI5I5III")
_FORWARD = 2
_ENTRIES_BEGIN = 40
_TARGET_OFFSET = 88
_TARGET_HEADER = 32
_ACCEPT = -2
"""NF_ACCEPT as a standard target writes it: -verdict - 1."""


def forward_policy() -> str | None:
    """`accept` or `drop`; None where the kernel does not tell.

    The policy is the verdict of the chain's last entry, which the table of underflows names.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_RAW) as raw:
            info = _INFO.unpack(_ask(raw, _GET_INFO, b"filter".ljust(_INFO.size, b"\0")))
            size, last = info[13], info[7 + _FORWARD]
            question = struct.pack("=32sI", b"filter", size).ljust(_ENTRIES_BEGIN + size, b"\0")
            entries = _ask(raw, _GET_ENTRIES, question)[_ENTRIES_BEGIN:]
    except OSError:
        return None
    (target,) = struct.unpack_from("=H", entries, last + _TARGET_OFFSET)
    (verdict,) = struct.unpack_from("=i", entries, last + target + _TARGET_HEADER)
    return "accept" if verdict == _ACCEPT else "drop"


def _ask(raw: socket.socket, option: int, question: bytes) -> bytes:
    """getsockopt(2) with a question in its buffer, which Python's own has no way to put there."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(question, len(question))
    length = ctypes.c_uint(len(question))
    if libc.getsockopt(raw.fileno(), socket.IPPROTO_IP, option, buffer, ctypes.byref(length)) < 0:
        raise OSError(ctypes.get_errno(), "getsockopt of ip_tables")
    return buffer.raw
