"""`dinp status` for who reads it through a pipe, and for programs."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from dinp.edges.state_store import StateStore
from dinp.model.tenant_status import TenantStatus
from dinp.model.value import replace
from tests.support.running import DINP

SOCKET = f"unix:///run/{'a-long-directory/' * 4}docker.sock"
PLAIN = TenantStatus(tenant="team-a", phase="ready", since=0.0, endpoint=SOCKET, engine="dockerd 29.8.0")
WITH_DOOR = TenantStatus(tenant="team-b", phase="absent", since=0.0, endpoint=SOCKET, tcp="tcp://[::1]:2376", tls=True)


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "state")


def told(state: str, *words: str) -> str:
    done = subprocess.run([DINP, "status", "--state-dir", state, *words], capture_output=True, text=True)
    assert done.returncode == 1, "no agent serves it"
    assert done.stderr == ""
    return done.stdout


def test_without_a_terminal_each_tenant_is_a_whole_line(state: str) -> None:
    for status in (PLAIN, WITH_DOOR):
        StateStore(state).write_status(status)
    sentence, head, first, second = told(state).splitlines()
    assert sentence == "No agent serves this state directory; this is what the last one said."
    assert head.split() == ["tenant", "phase", "since", "engine", "isolation", "endpoint", "tcp"]
    assert SOCKET in first.split()
    assert second.split()[-3:] == [SOCKET, "tcp://[::1]:2376", "(TLS)"]


def test_a_tcp_column_is_only_there_where_somebody_has_one(state: str) -> None:
    StateStore(state).write_status(PLAIN)
    assert "tcp" not in told(state)


def test_programs_are_told_of_both_doors(state: str) -> None:
    StateStore(state).write_status(WITH_DOOR)
    (tenant,) = json.loads(told(state, "-o", "json"))["tenants"]
    assert (tenant["endpoint"], tenant["tcp"], tenant["tls"]) == (SOCKET, "tcp://[::1]:2376", True)


def test_watching_tells_again_when_something_changes_until_ctrl_c(state: str) -> None:
    store = StateStore(state)
    store.write_status(PLAIN)
    argv = [DINP, "status", "--state-dir", state, "--watch", "-o", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert json.loads(watching.stdout.readline())["tenants"][0]["phase"] == "ready"
        store.write_status(replace(PLAIN, phase="idle"))
        while json.loads(watching.stdout.readline())["tenants"][0]["phase"] != "idle":
            pass  # of the file's making it is told, too
        watching.send_signal(signal.SIGINT)
        assert watching.stderr.read() == ""
    assert watching.returncode == 130
