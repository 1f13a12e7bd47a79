"""Engines restarted for a new configuration under busy clients: swap, drain, stop, start, and nobody notices."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.engine.test_lifecycle import answer, ask
from tests.support.agents import RunningAgent, agent

SWAPS = 50
"""For each of the two engines: 100 in all."""
CLIENTS = 8


class Busy:
    """Clients that connect and ask as fast as they can."""

    def __init__(self, path: str) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._path = path
        self._over = threading.Event()
        self._lock = threading.Lock()

    def work(self) -> None:
        """One client's life."""
        while not self._over.is_set():
            try:
                got = answer(ask(self._path))
            except OSError as error:
                got = (0, repr(error).encode())
            with self._lock:
                if got == (200, b"OK"):
                    self.answered += 1
                else:
                    self.failed.append(str(got))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While the block lasts."""
        clients = [threading.Thread(target=self.work) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self._over.set()
            for client in clients:
                client.join()


@pytest.mark.usefixtures("machine_unchanged_by_each")
def test_nothing_fails_while_listeners_are_swapped(engine_version: str) -> None:
    with agent(engine_version) as running:
        assert answer(ask(running.socket("team-a"))) == (200, b"OK")
        busy = Busy(running.socket("team-a"))
        with busy.at_work():
            for swap in range(1, SWAPS + 1):
                running.log.wait("ready after", count=swap)
                _change(running, swap)
            running.log.wait("ready after", count=SWAPS + 1)
        assert busy.failed == []
        assert busy.answered > SWAPS * CLIENTS


def _change(running: RunningAgent, number: int) -> None:
    """Another configuration: any change of the engine's section."""
    running.config["engine"]["limits"] = {"pids": 4000 + number}
    running.reload()
