"""Work aside: its result comes back, and nothing of it is left."""

import os
import signal
from pathlib import Path

import pytest

from dinp.edges.aside import Aside
from dinp.model.engine_spec import EngineSpec, IsolationKind, Limits


def test_a_value_comes_back_as_it_is() -> None:
    spec = EngineSpec(isolation=IsolationKind.USERNS, limits=Limits(pids=100))
    assert Aside(lambda: spec).result() == spec


def test_it_runs_elsewhere_and_is_gone_afterwards() -> None:
    pid = Aside(os.getpid).result()
    assert isinstance(pid, int)
    assert pid != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_work_that_fails_gives_nothing() -> None:
    def fail() -> None:
        raise KeyError

    assert Aside(fail).result() is None
    assert Aside(lambda: os.kill(os.getpid(), signal.SIGKILL)).result() is None


def test_an_abandoned_one_is_gone_too(tmp_path: Path) -> None:
    aside = Aside(lambda: (tmp_path / "pid").write_text(str(os.getpid()), encoding="ascii"))
    aside.abandon()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text(encoding="ascii")), 0)
    aside.abandon()
