"""A folder of the cache is complete or absent, and is made by one process at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.provision.cache import Cache, complete, new_folder

CHECKOUT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from tools.provision.cache import Cache
with Cache(Path(sys.argv[1])).locked("thing", print):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_xdg_cache_home_counts_before_home() -> None:
    assert Cache.of({"XDG_CACHE_HOME": "/x", "HOME": "/h"}).root == Path("/x/dinp")
    assert Cache.of({"HOME": "/h"}).root == Path("/h/.cache/dinp")


def test_a_folder_appears_complete(tmp_path: Path) -> None:
    final = tmp_path / "made" / "v1"
    with new_folder(final) as half_done:
        (half_done / "file").write_text("x")
        assert not final.exists()
    assert [path.name for path in final.parent.iterdir()] == ["v1"]
    assert (final / "file").read_text() == "x"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_or_interruption_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "v1") as half_done:
            (half_done / "file").write_text("x")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".half-done-killed").mkdir()
    with new_folder(tmp_path / "v1"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]


def test_a_file_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    def succeed(path: Path) -> None:
        path.write_text("whole")

    with pytest.raises(KeyboardInterrupt):
        complete(tmp_path / "a.tar", fail)
    assert list(tmp_path.iterdir()) == []
    complete(tmp_path / "a.tar", succeed)
    assert (tmp_path / "a.tar").read_text() == "whole"


def test_a_second_process_says_that_it_waits_and_gets_the_lock_when_the_first_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-c", HOLD, str(tmp_path)]
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"]}
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as first,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as second,
    ):
        assert first.stdout is not None
        assert second.stdout is not None
        holders = [first, second]
        lines = {first.pid: first.stdout.readline(), second.pid: second.stdout.readline()}
        holder = next(one for one in holders if lines[one.pid] == "held\n")
        waiter = next(one for one in holders if one is not holder)
        assert lines[waiter.pid].strip() == "another process is making thing: waiting for it"
        # However the holder ends, even killed: the lock goes with it.
        holder.kill()
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "held\n"
        waiter.kill()
