"""Kernel settings of the network namespace that the caller is in."""

import os

_ROOT = "/proc/sys/net"


def read(name: str) -> str | None:
    """A setting below /proc/sys/net, e.g. `ipv4/ip_forward`; None when this kernel has no such thing."""
    try:
        with open(f"{_ROOT}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def write(name: str, value: str) -> bool:
    """Set one unless it is so already; whether it was changed. Raises OSError when it exists and cannot be written."""
    before = read(name)
    if before is None or before.split() == value.split():
        return False
    descriptor = os.open(f"{_ROOT}/{name}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)
    return True


def has_ipv6() -> bool:
    """Whether new interfaces of this namespace get IPv6 at all."""
    return read("ipv6/conf/all/disable_ipv6") == "0" and read("ipv6/conf/default/disable_ipv6") == "0"
