"""Signals that end a program before it has a loop: as an exception, so that what was begun is taken back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals by which a program is told to end."""


class Interrupted(BaseException):
    """A signal came. Not an Exception, as KeyboardInterrupt is none: nobody is to take it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def minded(numbers: tuple[signal.Signals, ...]) -> tuple[signal.Signals, ...]:
    """Those that the caller did not have us ignore, as nohup(1) does, and shells for background jobs."""
    return tuple(number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN)


@contextmanager
def interruptible(numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    """Let the first of these signals raise Interrupted inside the block; later ones do not disturb the cleaning up.

    Handlers that the block sets itself (EventLoop.watch_signals) take their place. What is ignored stays ignored.
    """
    ours = minded(numbers)

    def interrupt(number: int, _frame: object) -> None:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def postponed() -> Iterator[None]:
    """Keep these signals waiting until the block is over: it makes something together with what will remove it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
