"""Control groups of engines in this machine's own hierarchies, whichever it has."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.edges import cgroups
from dinp.edges.cgroup_places import hierarchies
from dinp.model.engine_spec import Limits
from dinp.model.id_range import IdRange

pytestmark = pytest.mark.engine

IDS = IdRange(0x7FFC_0000)


@pytest.fixture
def name() -> Iterator[str]:
    """A group's name; whatever the test does, nothing of it stays."""
    own = f"dinp-t{os.getpid():x}/tenant"
    yield own
    cgroups.remove(cgroups.directories_of(own))


def test_a_group_in_each_hierarchy_and_nothing_afterwards(name: str) -> None:
    group = cgroups.make(name, Limits(), None)
    assert [str(path) for path in group.directories] == list(cgroups.directories_of(name))
    assert all(path.is_dir() for path in group.directories)
    assert cgroups.remove(cgroups.directories_of(name)) == ()
    assert not any(path.parent.exists() for path in group.directories)


def test_limits_are_the_kernels(name: str) -> None:
    group = cgroups.make(name, Limits(memory=128 << 20, cpus=0.5, pids=50), None)
    told = {file.name: file.read_text(encoding="ascii").strip() for path in group.directories for file in _files(path)}
    assert told.get("memory.max", told.get("memory.limit_in_bytes")) == str(128 << 20)
    assert told["pids.max"] == "50"
    assert told.get("cpu.max", told.get("cpu.cfs_quota_us")) in {"50000 100000", "50000"}


def _files(path: Path) -> list[Path]:
    names = ("memory.max", "memory.limit_in_bytes", "pids.max", "cpu.max", "cpu.cfs_quota_us")
    return [path / name for name in names if (path / name).exists()]


def test_the_tenant_owns_the_group_but_no_limit(name: str) -> None:
    group = cgroups.make(name, Limits(memory=128 << 20, pids=50), IDS)
    for path in group.directories:
        assert path.stat().st_uid == IDS.first
        assert (path / "cgroup.procs").stat().st_uid == IDS.first
        assert all(file.stat().st_uid == 0 for file in _files(path))


def test_what_still_runs_in_it_is_ended_with_it(name: str) -> None:
    group = cgroups.make(name, Limits(), None)
    with subprocess.Popen(["sleep", "1000"]) as sleeper:
        for path in group.directories:
            inner = path / "inner"
            inner.mkdir()
            if hierarchy_has_own_cpus(path):
                for file in ("cpuset.cpus", "cpuset.mems"):
                    (inner / file).write_text((path / file).read_text(encoding="ascii"), encoding="ascii")
            (inner / "cgroup.procs").write_text(str(sleeper.pid), encoding="ascii")
        assert cgroups.remove(cgroups.directories_of(name)) == (sleeper.pid,)
    assert sleeper.returncode is not None
    assert not any(path.exists() for path in group.directories)


def hierarchy_has_own_cpus(path: Path) -> bool:
    """cpuset on v1: a group without processors takes no process."""
    return (path / "cpuset.cpus").exists() and not (path / "cgroup.controllers").exists()


def test_removing_what_is_gone_is_no_error() -> None:
    assert cgroups.remove(("/sys/fs/cgroup/dinp-nowhere/tenant",)) == ()


def test_a_refused_write_names_the_file_and_the_text(name: str) -> None:
    group = cgroups.make(name, Limits(), None)
    file = next(path / "pids.max" for path in group.directories if (path / "pids.max").exists())
    with pytest.raises(OSError, match=r"Invalid argument \(writing 'many'\).*pids\.max"):
        cgroups.write(file, "many")


def test_every_hierarchy_says_why_its_groups_lie_where_they_do() -> None:
    assert all(hierarchy.why for hierarchy in hierarchies())
