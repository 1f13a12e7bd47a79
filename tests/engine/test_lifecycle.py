"""The life of engines below one agent, on real engines: nobody is refused, nothing is lost, the cause is told."""

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dinp.edges.process_events import wait_for_exit
from tests.support.agents import RunningAgent, agent
from tests.support.doors import tls_door
from tests.support.engines import import_busybox
from tests.support.running import DINP

PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"


pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")


@pytest.fixture
def fresh(engine_version: str) -> Iterator[RunningAgent]:
    """An agent of the test's own."""
    with agent(engine_version) as running:
        yield running


def ask(path: str, request: bytes = PING) -> socket.socket:
    """Connect and ask, without waiting for the answer."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(path)
    client.sendall(request)
    return client


def answer(client: socket.socket) -> tuple[int, bytes]:
    """The status and the body that a client gets."""
    with client:
        response = http.client.HTTPResponse(client)
        response.begin()
        return response.status, response.read()


def answers(waiting: list[socket.socket]) -> list[tuple[int, bytes]]:
    """What each of them gets; all are closed even when one gets nothing."""
    with ExitStack() as closing:
        for client in waiting:
            closing.enter_context(client)
        return [answer(client) for client in waiting]


def hold(pid: int) -> None:
    """Stop a process; all of its threads have stopped when this returns."""
    os.kill(pid, signal.SIGSTOP)
    while any(stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "T" for stat in _threads(pid)):
        os.sched_yield()


def _threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").glob("*/stat"))


def test_an_engine_starts_with_its_first_client(fresh: RunningAgent) -> None:
    assert not (fresh.state / "tenants" / "team-a" / "lease.json").exists()
    assert answer(ask(fresh.socket("team-a"))) == (200, b"OK")
    assert fresh.log.wait("ready after", tenant="team-a")
    assert fresh.docker("team-a", "version", "-f", "{{.Server.Version}}").out.startswith(fresh.version)


def test_status_tells_of_both_doors(engine_version: str, tmp_path: Path) -> None:
    door = tls_door(tmp_path)
    with agent(engine_version, tenant_keys=door.tenant_keys) as running:
        argv = [DINP, "status", "--state-dir", str(running.state), "-o", "json"]
        (told,) = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)["tenants"]
        assert told["endpoint"] == f"unix://{running.socket('team-a')}"
        assert (told["tcp"], told["tls"]) == (door.client["DOCKER_HOST"], True)


def test_clients_wait_in_the_queue_through_20_forced_kills(fresh: RunningAgent) -> None:
    """1,000 connections: each time 50 requests are in the queue of an engine that cannot take them, and then dies."""
    path = fresh.socket("team-a")
    assert answer(ask(path)) == (200, b"OK")
    for kill in range(1, 21):
        fresh.log.wait("ready after", count=kill)
        hold(fresh.engine("team-a"))
        waiting = [ask(path) for _ in range(50)]
        os.kill(fresh.engine_init("team-a"), signal.SIGKILL)
        assert answers(waiting) == [(200, b"OK")] * 50


def test_an_engine_that_cannot_start_tells_docker_why(engine_version: str) -> None:
    with agent(engine_version, engine={"storage_driver": "vfs"}) as running:
        data = running.state / "tenants" / "team-a" / "data"
        data.mkdir(parents=True)
        # What dockerd makes a directory of is a file: it ends by itself, again and again.
        (data / "volumes").write_text("in the way", encoding="ascii")
        done = running.docker("team-a", "ps")
        assert done.code == 1
        assert "dinp: " in done.err, done.all
        assert "volumes: not a directory" in done.err, done.all
        (data / "volumes").unlink()
        running.reload()
        assert running.docker("team-a", "ps", "-q").code == 0, running.log


def test_sigterm_waits_for_who_is_there_and_says_for_what(fresh: RunningAgent) -> None:
    fresh.script("team-a", import_busybox())
    build = subprocess.Popen(
        ["docker", "run", "--rm", "-i", "busybox", "cat"], env=fresh.client_environment("team-a"), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with build:
        assert build.stdin is not None
        assert build.stdout is not None
        build.stdin.write("one\n")
        build.stdin.flush()
        assert build.stdout.readline() == "one\n"
        assert fresh.process is not None
        fresh.process.send_signal(signal.SIGTERM)
        fresh.log.wait("waits at most 5 s for the clients of team-a")
        fresh.log.wait(r"waits for \d+ clients and \d+ containers, at most", tenant="team-a")
        build.stdin.write("two\n")
        build.stdin.close()
        assert build.stdout.read() == "two\n"
    assert build.returncode == 0
    assert fresh.process.wait(60) == 0
    assert not os.path.exists(fresh.socket("team-a"))


def test_sigterm_does_not_wait_longer_than_its_bound(fresh: RunningAgent) -> None:
    fresh.script("team-a", f"{import_busybox()}; docker run -d --name stays busybox sleep 1000")
    attached = subprocess.Popen(
        ["docker", "attach", "stays"], env=fresh.client_environment("team-a"), stdin=subprocess.DEVNULL
    )
    fresh.docker("team-a", "ps")
    assert fresh.stop() == 0
    attached.wait(60)
    fresh.log.wait(r"is stopped although \d+ clients are connected")


def test_a_second_agent_of_a_state_directory_is_refused(fresh: RunningAgent) -> None:
    done = subprocess.run([DINP, "agent", "--config", str(fresh.folder / "agent.yaml")], capture_output=True, text=True)
    assert done.returncode == 3
    assert f"(process {fresh.pid})" in done.stderr
    assert "belongs to a running agent" in done.stderr
    assert answer(ask(fresh.socket("team-a"))) == (200, b"OK")


def test_after_a_killed_agent_the_next_takes_over_with_the_queue(fresh: RunningAgent) -> None:
    path = fresh.socket("team-a")
    fresh.script("team-a", f"{import_busybox()}; docker run -d --name before busybox sleep 1000")
    fresh.log.wait("ready after")
    init = fresh.engine_init("team-a")
    assert fresh.stop(signal.SIGKILL) == -signal.SIGKILL
    hold(engine_below(init))
    waiting = [ask(path) for _ in range(50)]  # clients come while there is no agent, and no engine that could answer
    fresh.start()
    assert answers(waiting) == [(200, b"OK")] * 50
    assert wait_for_exit(init)
    assert fresh.docker("team-a", "inspect", "-f", "{{.State.Running}}", "before").out == "false\n"


def engine_below(init: int) -> int:
    """dockerd, below the init of an engine."""
    children = Path(f"/proc/{init}/task/{init}/children").read_text(encoding="ascii").split()
    return next(int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd")


def test_what_a_killed_agent_left_is_removed_even_for_tenants_that_are_gone(engine_version: str) -> None:
    with agent(engine_version, tenants=("team-a", "team-b")) as running:
        for name in ("team-a", "team-b"):
            assert answer(ask(running.socket(name))) == (200, b"OK")
        init = running.engine_init("team-b")
        running.stop(signal.SIGKILL)
        del running.config["tenants"][1]
        running.start()
        assert wait_for_exit(init)
        assert (
            json.loads(answer(ask(running.socket("team-a"), PING.replace(b"/_ping", b"/info")))[1])["Containers"] == 0
        )


def test_an_idle_engine_is_stopped_and_its_cache_is_kept(engine_version: str) -> None:
    with agent(engine_version, engine={"idle_stop_after": "1s"}) as running:
        # After `docker run`, dockerd keeps a socket whose client is gone: that is no activity.
        assert running.script("team-a", f"{import_busybox()}; docker run --rm busybox true").code == 0
        running.log.wait("is stopped: it was idle", tenant="team-a")
        assert running.docker("team-a", "image", "ls", "-q", "busybox").out != ""
