"""The state directory, as it is on disk."""

import os
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from dinp.edges.state_store import StateStore
from dinp.model.problem import WorldRefusedError


def test_a_directory_of_somebody_else_is_named(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.mkdir(mode=0o555)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.chmod(tmp_path, 0o755)
                os.setresuid(12345, 12345, 12345)
            with StateStore(str(root)).locked():
                code = 2
        except WorldRefusedError as refused:
            code = 0 if refused.problems[0].code == "state-not-writable" else 3
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("again", [False, True])
def test_what_a_volumes_group_hands_down_ends_above_an_engines_files(tmp_path: Path, again: bool) -> None:
    """Or every directory of every image would have the set-group-id bit of the volume."""
    tmp_path.chmod(0o2770)
    store = StateStore(str(tmp_path))
    found = store.directories("one", "/run/x.sock")
    if again:
        found = store.directories("one", "/run/x.sock")
    assert not Path(found.data).stat().st_mode & stat.S_ISGID


@pytest.mark.parametrize("place", ["file/state", "/proc/dinp"])
def test_a_place_that_can_be_no_directory_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    root = str(tmp_path / place)
    with pytest.raises(WorldRefusedError, match=root), StateStore(root).locked():
        pass


def test_a_name_is_nobody_elses_and_stays(tmp_path: Path) -> None:
    stores = [StateStore(str(tmp_path / f"{number}")) for number in range(30)]
    with ExitStack() as held:
        for store in stores:
            held.enter_context(store.locked())
        names = [store.instance() for store in stores]
    assert len(set(names)) == len(stores)
    assert [store.instance() for store in stores] == names


def test_a_name_that_somebody_has_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter((b"\0\0\x10", b"\0\0\x10", b"\0\0\x20"))
    monkeypatch.setattr(os, "urandom", lambda _count: next(drawn))
    one, other = StateStore(str(tmp_path / "one")), StateStore(str(tmp_path / "other"))
    with one.locked(), other.locked():
        assert (one.instance(), other.instance()) == ("00001", "00002")


def test_a_name_that_was_cut_short_is_drawn_again(tmp_path: Path) -> None:
    (tmp_path / "instance").touch()
    with StateStore(str(tmp_path)).locked():
        pass
    store = StateStore(str(tmp_path))
    with store.locked():
        assert len(store.instance()) == 5


def test_ids_that_cannot_be_read_are_never_guessed(tmp_path: Path) -> None:
    store = StateStore(str(tmp_path))
    store.directories("one", "/run/x.sock")
    (tmp_path / "tenants" / "one" / "ids").write_text("52428")
    with pytest.raises(WorldRefusedError, match=r"one/ids holds '52428'"):
        store.ids()


def test_a_lease_that_was_cut_short_is_of_nothing(tmp_path: Path) -> None:
    store = StateStore(str(tmp_path))
    store.directories("one", "/run/x.sock")
    (tmp_path / "tenants" / "one" / "lease.json").write_text('{"pid": 1')
    assert store.leases() == {}
