"""Waiting ends with readiness, with death, or with a reason."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from testbed.waiting import NotReadyError, wait_until_ready


@pytest.fixture
def living() -> Iterator[int]:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    pidfd = os.pidfd_open(child.pid)
    yield pidfd
    os.close(pidfd)
    child.communicate()


def test_it_asks_until_the_answer_is_ready(living: int) -> None:
    answers = iter(["not yet", "not yet", None])
    wait_until_ready("it", lambda: next(answers), alive=living, seconds=5, interval=0.01)


def test_it_gives_up_with_the_last_reason(living: int) -> None:
    with pytest.raises(NotReadyError, match=r"(?s)it was not ready after 0 s: no port.*its log: /log"):
        wait_until_ready("it", lambda: "no port", alive=living, seconds=0.05, interval=0.01, log="/log")


def test_a_death_ends_the_wait_at_once() -> None:
    child = subprocess.Popen(["true"])
    pidfd = os.pidfd_open(child.pid)
    with pytest.raises(NotReadyError, match="it ended instead of becoming ready"):
        wait_until_ready("it", lambda: "no answer", alive=pidfd, seconds=60, interval=60)
    os.close(pidfd)
    child.wait()
