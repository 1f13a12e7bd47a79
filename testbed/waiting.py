"""Waiting for programs that cannot tell when they are ready: asked again at intervals, unless they die first."""

from __future__ import annotations

import select
import time
from collections.abc import Callable


class NotReadyError(Exception):
    """Something did not become ready; the message says what, and where its log is."""


def wait_until_ready(
    what: str, ask: Callable[[], str | None], *, alive: int, seconds: float, interval: float = 0.1, log: str = ""
) -> None:
    """Ask until the answer is None (ready); the answer is the reason why not yet.

    `alive` is a descriptor that becomes readable when asking is pointless (a pidfd: the program has ended). The wait
    between two questions is a wait for that. Raises NotReadyError after `seconds`, with the last reason.
    """
    ends = time.monotonic() + seconds
    death = select.poll()
    death.register(alive, select.POLLIN)
    while (reason := ask()) is not None:
        if death.poll(interval * 1000):
            raise NotReadyError(f"{what} ended instead of becoming ready: {reason}{_see(log)}")
        if time.monotonic() > ends:
            raise NotReadyError(f"{what} was not ready after {seconds:.0f} s: {reason}{_see(log)}")


def _see(log: str) -> str:
    return f"\n  its log: {log}" if log else ""
