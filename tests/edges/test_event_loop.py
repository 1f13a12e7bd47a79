"""Alarms of a loop, on the real clock."""

from collections.abc import Iterator

import pytest

from dinp.edges.event_loop import EventLoop


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


def test_alarms_ring_once_in_their_time_and_not_before(loop: EventLoop) -> None:
    rung: list[str] = []
    start = loop.now()
    loop.set_alarm("late", start + 0.05, lambda: rung.append("late"))
    loop.set_alarm("early", start + 0.01, lambda: rung.append("early"))
    loop.run_once(None)
    assert (rung, loop.now() >= start + 0.01) == (["early"], True)
    loop.run_once(None)
    assert (rung, loop.now() >= start + 0.05) == (["early", "late"], True)
    loop.run_once(loop.now())
    assert rung == ["early", "late"]


def test_an_owner_has_one_alarm(loop: EventLoop) -> None:
    rung: list[int] = []
    loop.set_alarm("one", loop.now(), lambda: rung.append(1))
    loop.set_alarm("one", loop.now(), lambda: rung.append(2))
    loop.run_once(None)
    assert rung == [2]


def test_an_alarm_may_set_itself_anew_and_stop_others(loop: EventLoop) -> None:
    rung: list[str] = []

    def again() -> None:
        rung.append("again")
        loop.set_alarm("again", loop.now() + 0.01, again)
        loop.stop_alarm("other")
        loop.stop_alarm("nobody's")

    loop.set_alarm("again", loop.now(), again)
    loop.set_alarm("other", loop.now(), lambda: rung.append("other"))
    loop.run_once(None)
    loop.run_once(None)
    assert rung == ["again", "again"]


def test_a_deadline_comes_before_an_alarm(loop: EventLoop) -> None:
    loop.set_alarm("late", loop.now() + 1000, lambda: None)
    deadline = loop.now() + 0.01
    loop.run_once(deadline)
    assert loop.now() >= deadline
