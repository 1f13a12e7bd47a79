"""The kernel's word that memory is used up, from this machine's own control groups."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.edges import cgroups
from dinp.edges.memory_watch import MemoryWatch, OutOfMemory
from dinp.model.engine_spec import Limits

pytestmark = pytest.mark.engine

MIB = 1 << 20
LIMITS = Limits(memory=128 * MIB)
TAKE = "import sys; sys.stdin.readline(); taken = bytearray(200 << 20); sys.stdin.readline()"
"""Takes 200 MiB when it is told to."""


@pytest.fixture
def name() -> Iterator[str]:
    """A group's name; whatever the test does, nothing of it stays."""
    own = f"dinp-m{os.getpid():x}/tenant"
    yield own
    cgroups.remove(cgroups.directories_of(own))


def heard(watch: MemoryWatch) -> OutOfMemory | None:
    """What it says, when it says something within ten seconds."""
    return watch.look() if select.select([watch], [], [], 10)[0] else None


def test_who_had_the_most_is_seen_when_memory_is_used_up(name: str) -> None:
    group = cgroups.make(name, LIMITS, None)
    cgroups.keep_room(group, LIMITS, None)
    watch = MemoryWatch(cgroups.directories_of(name))
    greedy = subprocess.Popen([sys.executable, "-c", TAKE], stdin=subprocess.PIPE, text=True)
    try:
        places = [path / cgroups.ENGINE_CONTAINERS for path in group.directories]
        for place in [place for place in places if place.is_dir()]:
            cgroups.write(place / "cgroup.procs", str(greedy.pid))
        assert greedy.stdin is not None
        greedy.stdin.write("now\n")
        greedy.stdin.flush()
        seen = heard(watch)
        assert seen is not None
        assert seen.limit == 96 * MIB
        assert seen.largest is not None
        if seen.largest.command:  # the kernel may have been quicker, and its name outlives its command line
            assert Path(sys.executable).name in seen.largest.command
            assert seen.largest.resident > 64 * MIB
        assert greedy.wait(10) == -9
    finally:
        watch.close()
        greedy.kill()
        greedy.communicate()


def test_nothing_is_heard_where_nothing_limits_memory() -> None:
    watch = MemoryWatch(())
    assert not select.select([watch], [], [], 0)[0]
    watch.close()
