"""The configuration read again (SIGHUP) while tenants work: sockets move, tenants come and go, nobody is refused."""

import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_lifecycle import answer, ask
from tests.support.agents import RunningAgent, agent, tenant
from tests.support.ports import unused_port

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

TENANT = "team-a"
VERSION = "29"
OK = (200, b"OK")


@pytest.fixture
def running() -> Iterator[RunningAgent]:
    """An agent of the test's own."""
    with agent(VERSION) as started:
        yield started


@contextmanager
def a_client(running: RunningAgent) -> Iterator["subprocess.Popen[str]"]:
    """Someone who is connected as long as the block lasts, and has been answered."""
    with subprocess.Popen(
        ["docker", "events", "--since", "1h"], env=running.client_environment(TENANT), text=True,
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
    ) as client:  # fmt: skip
        try:
            assert client.stdout is not None
            assert running.docker(TENANT, "network", "create", "sign").code == 0
            while "sign" not in client.stdout.readline():
                assert client.poll() is None
            yield client
        finally:
            client.terminate()


def section(running: RunningAgent) -> dict[str, Any]:
    found: dict[str, Any] = running.config["tenants"][0]
    return found


def move(running: RunningAgent) -> tuple[str, str]:
    """Give the tenant another path; the old one and the new one."""
    old = running.socket(TENANT)
    new = str(Path(old).with_name("elsewhere.sock"))
    section(running)["socket"] = new
    running.reload()
    return old, new


def test_a_socket_moves_while_its_engine_serves(running: RunningAgent) -> None:
    with a_client(running):
        old, new = move(running)
        assert not os.path.exists(old)
        waiting = ask(new)
        running.log.wait("waits for 1 clients", tenant=TENANT)
    assert answer(waiting) == OK
    running.log.wait("ready after", tenant=TENANT, count=2)


def test_a_socket_moves_that_nobody_has_used(running: RunningAgent) -> None:
    old, new = move(running)
    assert not os.path.exists(old)
    assert answer(ask(new)) == OK
    running.log.wait("ready after", tenant=TENANT)
    assert running.log.said("is stopped", tenant=TENANT) == []


def test_a_socket_moves_while_its_engine_starts(running: RunningAgent) -> None:
    waiting = [ask(running.socket(TENANT)) for _ in range(20)]
    old, new = move(running)
    for client in waiting:
        assert answer(client) == OK
    running.log.wait("is stopped: its configuration changed", tenant=TENANT)
    assert not os.path.exists(old)
    assert answer(ask(new)) == OK


def test_a_socket_gets_another_mode(running: RunningAgent) -> None:
    with a_client(running):
        section(running)["mode"] = "0666"
        running.reload()
        assert stat.S_IMODE(os.stat(running.socket(TENANT)).st_mode) == 0o666
        waiting = ask(running.socket(TENANT))
    assert answer(waiting) == OK


def test_a_port_comes_moves_and_goes(running: RunningAgent) -> None:
    assert answer(ask(running.socket(TENANT))) == OK
    for number in (1, 2):
        port = unused_port()
        section(running)["tcp"] = {"address": f"127.0.0.1:{port}"}
        running.reload()
        client = socket.create_connection(("127.0.0.1", port), timeout=60)
        client.sendall(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
        assert answer(client) == OK
        running.log.wait("ready after", tenant=TENANT, count=number + 1)
    del section(running)["tcp"]
    running.reload()
    running.log.wait("ready after", tenant=TENANT, count=4)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert answer(ask(running.socket(TENANT))) == OK


def test_a_socket_stays_where_the_new_place_cannot_be_had(running: RunningAgent, tmp_path: Path) -> None:
    assert answer(ask(running.socket(TENANT))) == OK
    old = running.socket(TENANT)
    section(running)["socket"] = str(tmp_path)
    running.reload()
    running.log.wait(f"its sockets stay where they were: {tmp_path} is a directory", tenant=TENANT)
    assert answer(ask(old)) == OK
    section(running)["socket"] = old
    running.reload()
    assert answer(ask(old)) == OK


def test_a_tenant_that_is_taken_away_and_comes_back_while_its_client_is_there(running: RunningAgent) -> None:
    removed = section(running)
    with a_client(running):
        running.config["tenants"] = [tenant(running.folder, "team-b")]
        running.reload()
        running.log.wait("waits for 1 clients", tenant=TENANT)
        assert answer(ask(running.socket("team-b"))) == OK
        running.config["tenants"].append(removed)
        running.reload()
        waiting = ask(running.socket(TENANT))
    assert answer(waiting) == OK


def test_a_tenant_that_is_taken_away_is_gone_and_may_come_back(running: RunningAgent) -> None:
    assert answer(ask(running.socket(TENANT))) == OK
    removed = section(running)
    running.config["tenants"] = [tenant(running.folder, "team-b")]
    running.reload()
    running.log.wait("is stopped: it was taken out of the configuration", tenant=TENANT)
    assert answer(ask(running.socket("team-b"))) == OK
    running.config["tenants"].append(removed)
    running.reload()
    assert answer(ask(running.socket(TENANT))) == OK


def test_nothing_is_told_of_a_tenant_that_was_taken_away(running: RunningAgent) -> None:
    running.config["tenants"].append(tenant(running.folder, "team-b"))
    running.reload()
    told = running.state / "tenants" / "team-b" / "status.json"
    assert told.exists()
    running.config["tenants"].pop()
    running.reload()
    assert not told.exists()
    assert not os.path.exists(running.socket("team-b"))


def test_a_configuration_that_is_wrong_changes_nothing(running: RunningAgent) -> None:
    assert answer(ask(running.socket(TENANT))) == OK
    section(running)["sokcet"] = "/x"
    running.reload()
    assert "sokcet" in running.log.wait("the configuration was not taken over")["message"]
    assert answer(ask(running.socket(TENANT))) == OK
    assert len(running.log.said("ready after", tenant=TENANT)) == 1
