"""A machine of the bed, made for real: its own names, files and cgroups, nothing left of it afterwards. Needs root."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.layout import Layout
from testbed.machine import cgroups
from testbed.machine.handle import MachineHandle, boot, find
from testbed.waiting import NotReadyError

pytestmark = [pytest.mark.cluster, pytest.mark.bed]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(state=tmp_path / "state", run=tmp_path / "run", cluster=tmp_path / "cluster")
    for folder in (found.pki, found.bin):
        folder.mkdir(parents=True)
    return found


@pytest.fixture
def machine(layout: Layout) -> Iterator[MachineHandle]:
    own = layout.files("trial") / "etc/dinp-bed-trial"
    own.parent.mkdir(parents=True)
    own.write_text("its own\n")
    handle = boot("trial", layout)
    yield handle
    handle.end()


def inside(machine: MachineHandle, script: str) -> str:
    return subprocess.run(machine.command("sh", "-c", script), capture_output=True, text=True, check=True).stdout


def test_it_has_its_own_name_processes_network_and_files(machine: MachineHandle) -> None:
    assert (
        inside(machine, "hostname; cat /etc/dinp-bed-trial; readlink /proc/1/exe | grep -c python")
        == "trial\nits own\n1\n"
    )
    assert "eth0" not in inside(machine, "cat /proc/net/dev")


def test_what_it_writes_is_not_the_hosts(machine: MachineHandle) -> None:
    inside(machine, "echo changed > /etc/dinp-bed-written; echo x > /run/dinp-bed-written")
    assert not Path("/etc/dinp-bed-written").exists()
    assert not Path("/run/dinp-bed-written").exists()


def test_a_daemon_is_watched_and_its_end_is_known(machine: MachineHandle) -> None:
    daemon = machine.start("brief", ["sh", "-c", "echo said; exit 3"])
    select.select([daemon.pidfd], [], [], 10)
    assert machine.exit_codes() == {"brief": 3}
    assert daemon.log.read_text() == "said\n"
    with pytest.raises(NotReadyError, match="/no/program: No such file or directory"):
        machine.start("absent", ["/no/program"])


def test_nothing_is_left_of_a_machine_that_was_ended(layout: Layout) -> None:
    handle = boot("trial", layout)
    handle.start("long", ["sleep", "3600"])
    handle.end()
    assert cgroups.processes("trial") == set()
    assert not [one for one in cgroups.mounted() if (one.mount_point / cgroups.BRANCH / "trial").exists()]
    assert str(layout.state) not in Path("/proc/mounts").read_text()
    with pytest.raises(NotReadyError, match="trial is not running"):
        find("trial", layout)
