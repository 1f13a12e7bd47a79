"""Places of runs: who holds one is alone in it, also when others clean up at the same time."""

import subprocess
import sys
from pathlib import Path

from dinp.edges import local_places
from dinp.edges.local_places import LocalPlace, held

_WAITER = """
import sys
from pathlib import Path
from dinp.edges.local_places import LocalPlace, held

place = LocalPlace(Path(sys.argv[1]), Path(sys.argv[2]), "")
print("comes", flush=True)
with held(place, wait=True):
    print("holds", flush=True)
    sys.stdin.readline()
"""


def _place(folder: Path) -> LocalPlace:
    return LocalPlace(folder / "runs" / "one", folder / "sockets" / "one" / "docker.sock", "")


def test_who_comes_second_is_told_who_is_there(tmp_path: Path) -> None:
    place = _place(tmp_path)
    with held(place, wait=False) as holder, held(place, wait=False) as second:
        assert holder is None
        assert second is not None
        assert "process" in second


def test_who_waited_for_a_place_that_was_removed_holds_a_lock_that_others_find(tmp_path: Path) -> None:
    place = _place(tmp_path)
    with held(place, wait=False):
        waiter = subprocess.Popen(
            [sys.executable, "-c", _WAITER, str(place.state), str(place.socket)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert waiter.stdout is not None
        assert waiter.stdout.readline() == "comes\n"
        local_places.forget(place)
    assert waiter.stdout.readline() == "holds\n"
    with held(place, wait=False) as holder:
        assert holder is not None
    waiter.communicate("\n")
    assert waiter.returncode == 0


def test_of_a_forgotten_place_nothing_is_left(tmp_path: Path) -> None:
    place = _place(tmp_path)
    place.socket.parent.mkdir(parents=True)
    place.socket.touch()
    with held(place, wait=False):
        local_places.forget(place)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not place.socket.parent.exists()
