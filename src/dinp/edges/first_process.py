"""The first process of a container: starts the agent below itself, and again when somebody kills it.

The end of a process id namespace's first process ends everything in that namespace (pid_namespaces(7)): were the agent
that process, `kill -9` of it would take every engine along, with their sockets and the clients in their queues. So a
process that does nothing else comes first. When the agent is killed, engines keep their sockets until the next agent
takes these over (programs/leftovers.py), and clients wait instead of failing.
"""

import os
import signal
import time
from collections.abc import Callable

_TAKEN = frozenset(
    {signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2}
)
_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
_SOON = 10.0
"""Seconds within which a kill counts as one more in a row."""
_MOST_IN_A_ROW = 5
"""Then the container ends, and kubelet's back-off holds."""


def is_first_process() -> bool:
    """Whether this process is its process id namespace's first one, as a container's own program is."""
    return os.getpid() == 1


def start_below(killed: Callable[[str], None]) -> int | None:
    """Go on as a child of this process, which stays behind to pass on signals and to collect what has died.

    Args:
        killed: told in a sentence, in the process that stays, when a child was killed and another follows.

    Returns:
        None in the child. In the process that stays, when a child has ended by itself or was told to: its exit code,
        or 128 and the signal's number.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
    in_a_row = 0
    while True:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TAKEN)
            return None
        status, told_to_end = _follow(child)
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)
        number = os.WTERMSIG(status)
        in_a_row = in_a_row + 1 if time.monotonic() - began < _SOON else 1
        if told_to_end or in_a_row > _MOST_IN_A_ROW:
            return 128 + number
        killed(f"the agent was killed by {signal.Signals(number).name} and is started again")


def _follow(child: int) -> tuple[int, bool]:
    """Its wait status, once it has ended, and whether it had been told to end."""
    told_to_end = False
    while True:
        number = signal.sigwait(_TAKEN)
        if number != signal.SIGCHLD:
            told_to_end |= number in _ENDING
            os.kill(child, number)
            continue
        status = _collect(child)
        if status is not None:
            return status, told_to_end


def _collect(child: int) -> int | None:
    """Reap everything that is dead; the child's status when it is among that."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status
