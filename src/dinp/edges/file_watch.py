"""Waits for files to change (inotify(7)), so that `--watch` and `--follow` look when there is something to see."""

import ctypes
import os
import select
from collections.abc import Iterator

_MODIFY, _MOVED_TO, _CREATE = 0x2, 0x80, 0x100
_LARGEST = 64 * 1024


def changes(directories: tuple[str, ...]) -> Iterator[None]:
    """Yields at once, and again after each change of a file in one of the directories, until interrupted.

    Raises:
        OSError: a directory cannot be watched.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    try:
        for directory in directories:
            if libc.inotify_add_watch(descriptor, directory.encode(), _MODIFY | _MOVED_TO | _CREATE) < 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), directory)
        while True:
            yield
            select.select([descriptor], [], [])
            os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)
