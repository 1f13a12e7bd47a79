"""What pyroute2 raises, as what the rest of the agent expects of a kernel that refuses: OSError with its errno."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pyroute2.netlink.exceptions import NetlinkError


@contextmanager
def refusals() -> Iterator[None]:
    """Raise OSError, with the kernel's errno, for what netlink answers in the block."""
    try:
        yield
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error
