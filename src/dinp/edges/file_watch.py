"""Waits for files to change (inotify(7)), so that who waits looks when there is something to see."""

import ctypes
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MODIFY, _MOVED_TO, _CREATE = 0x2, 0x80, 0x100
_LARGEST = 64 * 1024


def changes(directories: tuple[str, ...]) -> Iterator[None]:
    """Yields at once, and again after each change of a file in one of the directories, until interrupted.

    Raises:
        OSError: a directory cannot be watched.
    """
    with _watched(directories) as descriptor:
        while True:
            yield
            select.select([descriptor], [], [])
            os.read(descriptor, _LARGEST)


def wait_for(path: str, is_there: Callable[[str], bool], within: float) -> bool:
    """Wait until `is_there(path)`.

    Args:
        path: a file that is to appear; its directories may still have to appear as well.
        is_there: looks whether it has.
        within: seconds to wait at most.

    Returns:
        Whether it was there in time.

    Raises:
        OSError: a directory cannot be watched.
    """
    deadline = time.monotonic() + within
    while True:
        with _watched((_nearest_directory(path),)) as descriptor:
            if is_there(path):
                return True
            left = deadline - time.monotonic()
            readable, _, _ = select.select([descriptor], [], [], max(left, 0.0))
            if not readable:
                return is_there(path)


def _nearest_directory(path: str) -> str:
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


@contextmanager
def _watched(directories: tuple[str, ...]) -> Iterator[int]:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    try:
        for directory in directories:
            if libc.inotify_add_watch(descriptor, directory.encode(), _MODIFY | _MOVED_TO | _CREATE) < 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), directory)
        yield descriptor
    finally:
        os.close(descriptor)
