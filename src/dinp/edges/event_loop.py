"""One epoll, descriptors in, calls out; the clock, alarms and the signals of a program come through it as well."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: an engine waits for this
    from typing import Protocol
else:
    Protocol = object


Alarm = tuple[float, Callable[[], None]]
"""When, and what to call."""


class HasFileno(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int:
        """Its descriptor."""


class EventLoop:
    """Waits for descriptors, alarms and one deadline; everything happens in the calling thread."""

    def __init__(self) -> None:
        """An empty loop."""
        self._epoll = select.epoll()
        self._watched: dict[int, Callable[[], None]] = {}
        self._alarms: dict[object, Alarm] = {}
        self._wakeup: socket.socket | None = None

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        return time.monotonic()

    def clock(self) -> float:
        """Seconds of the Unix clock, to be told to people."""
        return time.time()

    def watch(self, thing: HasFileno | int, readable: Callable[[], None], *, arrivals_only: bool = False) -> None:
        """Call `readable` whenever the descriptor can be read.

        Args:
            thing: a descriptor or what has one; watching it again replaces the earlier call.
            readable: called from `run_once`.
            arrivals_only: call once for each arrival, not as long as something is there (EPOLLET).
        """
        descriptor = thing if isinstance(thing, int) else thing.fileno()
        self.unwatch(descriptor)
        self._epoll.register(descriptor, select.EPOLLIN | (select.EPOLLET if arrivals_only else 0))
        self._watched[descriptor] = readable

    def unwatch(self, thing: HasFileno | int) -> None:
        """Forget a descriptor; do so before closing it."""
        descriptor = thing if isinstance(thing, int) else thing.fileno()
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def set_alarm(self, owner: object, at: float, ring: Callable[[], None]) -> None:
        """Call `ring` once, when `at` (on the clock of `now`) has come; an owner's new alarm replaces its old one."""
        self._alarms[owner] = (at, ring)

    def stop_alarm(self, owner: object) -> None:
        """Forget an owner's alarm, if it has one."""
        self._alarms.pop(owner, None)

    def watch_signals(self, numbers: Iterable[int], received: Callable[[int], None]) -> None:
        """Call `received` with the number of each signal that arrives, from `run_once`."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._wakeup = writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _ignore)

        def take() -> None:
            for number in reader.recv(4096):
                received(number)

        self.watch(reader, take)

    def run_once(self, deadline: float | None) -> None:
        """Wait for a descriptor, an alarm or `deadline` (on the clock of `now`), and make the calls that are due."""
        moments = [at for at, _ in self._alarms.values()]
        if deadline is not None:
            moments.append(deadline)
        timeout = max(0.0, min(moments) - self.now()) if moments else -1.0
        due = [(descriptor, self._watched.get(descriptor)) for descriptor, _ in self._epoll.poll(timeout)]
        for descriptor, readable in due:
            # An earlier call may have closed this one, and its number may be another thing's by now.
            if readable is not None and self._watched.get(descriptor) is readable:
                readable()
        for owner, alarm in tuple(self._alarms.items()):
            at, ring = alarm
            # An earlier call may have stopped it, or set it anew.
            if at <= self.now() and self._alarms.get(owner) is alarm:
                del self._alarms[owner]
                ring()

    def close(self) -> None:
        """Give up the epoll; what was watched stays open."""
        signal.set_wakeup_fd(-1)
        self._epoll.close()


def _ignore(_number: int, _frame: object) -> None:
    """Python needs a handler for the wake-up descriptor to be written to; what to do is the loop's business."""


def reap_orphans(known: frozenset[int]) -> None:
    """Collect dead processes that fell to this one as their subreaper, except the `known` ones (watched by pidfd)."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid in known:
            return
        os.waitpid(found.si_pid, 0)
