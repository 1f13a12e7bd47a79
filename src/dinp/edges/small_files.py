"""Reading the small files of /proc, /sys and /etc."""

import contextlib
import os

_MOST = 1 << 20
"""No file that a decision rests on is larger; a node's mountinfo has some 100 KB."""


def read_text(path: str) -> str:
    """The text of a small file, with errors replaced; empty when it is missing or may not be read.

    Plain descriptors: a text file object costs three times as much, and a node has hundreds of uid_map files.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    chunks = []
    size = 0
    try:
        while size < _MOST and (chunk := os.read(descriptor, 65536)):
            chunks.append(chunk)
            size += len(chunk)
    except OSError:
        # A process that ended meanwhile gives ESRCH for its files in /proc.
        return ""
    finally:
        os.close(descriptor)
    return b"".join(chunks).decode(errors="replace")


def can_open(device: str) -> bool:
    """Whether a device node is there and this process may open it for reading and writing."""
    with contextlib.suppress(OSError):
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        return True
    return False
