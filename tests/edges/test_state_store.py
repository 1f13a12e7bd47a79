"""The state directory, as it is on disk."""

import os
import stat
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
