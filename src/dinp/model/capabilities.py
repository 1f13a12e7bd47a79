"""Capabilities of a process, as capabilities(7) numbers them and /proc/PID/status prints them."""

from enum import IntEnum


class Capability(IntEnum):
    """Those that a decision of dinp rests on; the value is the bit (linux/capability.h)."""

    CHOWN = 0
    DAC_OVERRIDE = 1
    FOWNER = 3
    KILL = 5
    SETGID = 6
    SETUID = 7
    NET_ADMIN = 12
    SYS_CHROOT = 18
    SYS_PTRACE = 19
    SYS_ADMIN = 21
    SYS_RESOURCE = 24
    MKNOD = 27

    def __str__(self) -> str:
        """As manifests and capabilities(7) say it, e.g. `CAP_SYS_ADMIN`."""
        return f"CAP_{self.name}"


def parse_effective(status: str) -> int:
    """The effective set of /proc/PID/status as a bit mask; 0 when the line is missing."""
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return int(line.partition(":")[2].strip() or "0", 16)
    return 0


def missing(held: int, wanted: tuple[Capability, ...]) -> tuple[Capability, ...]:
    """Those of `wanted` that the mask `held` lacks, in the order of `wanted`."""
    return tuple(capability for capability in wanted if not held >> capability & 1)
