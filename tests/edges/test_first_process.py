"""The first process of a real process id namespace: what it starts again, passes on, collects."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

PROGRAM = """
import os, signal, sys
from dinp.edges.first_process import is_first_process, start_below
assert is_first_process()
code = start_below(lambda sentence: print(sentence, flush=True))
if code is not None:
    sys.exit(code)
{child}
"""
WAITS = "print('child', flush=True); signal.pause()"


@pytest.fixture
def first() -> Iterator[list[subprocess.Popen[str]]]:
    """Programs that a test has started; ended afterwards."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for one in started:
        one.kill()
        one.communicate()


def start(first: list[subprocess.Popen[str]], child: str) -> subprocess.Popen[str]:
    argv = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
    program = PROGRAM.format(child=child)
    begun = subprocess.Popen([*argv, sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    first.append(begun)
    return begun


def line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def test_it_ends_as_its_child_does(first: list[subprocess.Popen[str]]) -> None:
    assert start(first, "sys.exit(7)").wait(10) == 7


def test_a_killed_child_is_followed_by_another(first: list[subprocess.Popen[str]]) -> None:
    program = start(first, WAITS)
    assert line(program) == "child"
    (init,) = children(program.pid)
    os.kill(children(init)[0], signal.SIGKILL)
    assert line(program) == "the agent was killed by SIGKILL and is started again"
    assert line(program) == "child"


def test_it_gives_up_on_one_that_is_killed_again_and_again(first: list[subprocess.Popen[str]]) -> None:
    program = start(first, "os.kill(os.getpid(), signal.SIGKILL)")
    assert program.wait(10) == 128 + signal.SIGKILL
    assert program.stdout is not None
    assert len(program.stdout.readlines()) == 5


def test_signals_are_passed_on(first: list[subprocess.Popen[str]]) -> None:
    program = start(first, f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); {WAITS}")
    assert line(program) == "child"
    (init,) = children(program.pid)
    os.kill(init, signal.SIGTERM)
    assert program.wait(10) == 5


ORPHAN = """
read, write = os.pipe()
if os.fork() == 0:
    orphan = os.fork()
    if orphan:
        os.write(write, str(orphan).encode())
    os._exit(0)
orphan = int(os.read(read, 20))
while True:
    try:
        os.kill(orphan, 0)
    except ProcessLookupError:
        sys.exit(3)
"""


def test_orphans_are_collected(first: list[subprocess.Popen[str]]) -> None:
    assert start(first, ORPHAN).wait(10) == 3
