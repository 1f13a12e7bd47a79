"""The life of each kind of engine below an agent: the same contract as dockerd's, on the real programs."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_lifecycle import answer, ask
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as programs
from tests.support.engines import import_busybox
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("machine_unchanged")]

TENANT = "team-a"
KINDS = ("podman", "buildkitd")


def asks(running: RunningAgent) -> None:
    """A client of the kind's own asks and is answered."""
    path = running.socket(TENANT)
    if running.version == "podman":
        assert answer(ask(path)) == (200, b"OK")
        return
    done = running.client(
        TENANT, str(programs("buildkitd") / "buildctl"), "--addr", f"unix://{path}", "debug", "workers"
    )
    assert done.code == 0, done.all


def kills(init: int) -> None:
    """End an engine with all of its processes; none of them is left to accept a client and to die with it."""
    watch = os.pidfd_open(init)
    try:
        os.kill(init, signal.SIGKILL)
        select.select([watch], [], [])
    finally:
        os.close(watch)


@pytest.fixture(params=KINDS)
def fresh(request: pytest.FixtureRequest) -> Iterator[RunningAgent]:
    kind = str(request.param)
    with agent(kind, (TENANT,), engine={"kind": kind, "idle_stop_after": "1s"}) as running:
        yield running


def test_it_starts_with_its_first_client_and_stops_when_idle(fresh: RunningAgent) -> None:
    assert not (fresh.state / "tenants" / TENANT / "lease.json").exists()
    asks(fresh)
    fresh.log.wait("ready after", tenant=TENANT)
    fresh.log.wait("is stopped: it was idle", tenant=TENANT)
    asks(fresh)
    fresh.log.wait("ready after", tenant=TENANT, count=2)


def test_clients_wait_while_a_killed_engine_is_started_again(fresh: RunningAgent) -> None:
    check_kills(fresh)


def check_kills(fresh: RunningAgent) -> None:
    """Its engine is killed three times, and clients are answered by the next."""
    for kill in range(1, 4):
        asks(fresh)
        fresh.log.wait("ready after", tenant=TENANT, count=kill)
        kills(fresh.engine_init(TENANT))
        asks(fresh)
        fresh.log.wait("ready after", tenant=TENANT, count=kill + 1)


def test_a_new_configuration_swaps_the_listener(fresh: RunningAgent) -> None:
    asks(fresh)
    for change in range(1, 4):
        fresh.log.wait("ready after", tenant=TENANT, count=change)
        fresh.config["engine"]["limits"] = {"pids": 4000 + change}
        fresh.reload()
        asks(fresh)


@pytest.mark.parametrize("isolation", ["userns", "rootful"])
@pytest.mark.parametrize("kind", KINDS)
def test_both_isolations_of_root(kind: str, isolation: str) -> None:
    with agent(kind, (TENANT,), engine={"kind": kind, "isolation": isolation}) as running:
        asks(running)
        inside = Path(f"/proc/{running.engine_init(TENANT)}/uid_map").read_text(encoding="ascii").split()
        assert (inside[1] == "0") == (isolation == "rootful")
        if kind == "podman":
            done = running.script(TENANT, f"{import_busybox()}; docker run busybox echo on")
            assert done.out.endswith("on\n"), done.all


def test_podman_runs_on_while_a_container_does(fresh: RunningAgent) -> None:
    if fresh.version != "podman":
        return
    assert fresh.script(TENANT, f"{import_busybox()}; docker run -d --name on busybox sleep 3").code == 0
    assert fresh.docker(TENANT, "wait", "on").out == "0\n"
    fresh.log.wait("is stopped: it was idle", tenant=TENANT)
    assert len(fresh.log.said("ready after", tenant=TENANT)) == 1


def test_a_limit_holds_for_all_of_an_engine() -> None:
    limits = {"memory": "200MiB", "pids": 100}
    with agent("podman", (TENANT,), engine={"kind": "podman", "limits": limits}) as running:
        lines = (
            f"{import_busybox()}; ! docker run --name greedy busybox dd if=/dev/zero of=/dev/null bs=500M count=1;"
            " docker inspect -f '{{.State.ExitCode}}' greedy"
        )
        done = running.script(TENANT, lines)
        assert done.out.endswith("137\n"), done.all


def test_options_and_ulimits_reach_podman() -> None:
    engine = {"kind": "podman", "ulimits": ["nofile=777", "nproc=4000"], "options": ["containers.env=FROM=dinp"]}
    with agent("podman", (TENANT,), engine=engine) as running:
        lines = f"{import_busybox()}; docker run busybox sh -c 'ulimit -Sn; ulimit -Hn; echo $FROM'"
        assert running.script(TENANT, lines).out.split()[-3:] == ["777", "777", "dinp"]


def test_options_and_ulimits_reach_dockerd() -> None:
    engine = {"ulimits": ["nofile=777:888"], "options": ["labels=a=b,c=d", "log-opts.max-size=1m"]}
    with agent("29", (TENANT,), engine=engine) as running:
        lines = (
            f"{import_busybox()}; docker run busybox sh -c 'ulimit -Sn; ulimit -Hn'; docker info -f '{{{{.Labels}}}}'"
        )
        soft, hard, labels = running.script(TENANT, lines).out.splitlines()[-3:]
        assert (soft, hard, set(labels.strip("[]").split())) == ("777", "888", {"a=b", "c=d"})


def test_a_port_that_is_taken_is_an_error_of_podman_run() -> None:
    with agent("podman", (TENANT,), engine={"kind": "podman"}) as running:
        assert running.script(TENANT, import_busybox()).code == 0
        take = "import socket; s = socket.create_server(('', 0)); print(s.getsockname()[1], flush=True); input()"
        holder = subprocess.Popen(
            [sys.executable, "-c", take], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with holder:
            assert holder.stdout is not None
            port = holder.stdout.readline().strip()
            done = running.docker(TENANT, "run", "-d", "-p", f"{port}:80", "busybox", "sleep", "9")
            holder.communicate("\n", PATIENCE)
        assert done.code != 0
        assert port in done.err, done.all
        assert running.docker(TENANT, "run", "-p", f"{port}:80", "busybox", "true").code == 0


def test_an_engine_that_cannot_start_tells_buildctl_and_buildx_why() -> None:
    with agent("buildkitd", (TENANT,), engine={"kind": "buildkitd"}) as running:
        check_refusal(running)


def check_refusal(running: RunningAgent) -> None:
    """A buildkitd that cannot start, until it can."""
    data = running.state / "tenants" / TENANT / "data"
    data.mkdir(parents=True)
    for made in (data, *data.parents[:3]):
        os.chown(made, running.folder.stat().st_uid, running.folder.stat().st_gid)
    # What buildkitd makes a directory of is a file: it ends by itself, again and again.
    (data / "runc-overlayfs").write_text("in the way", encoding="ascii")
    address = f"unix://{running.socket(TENANT)}"
    done = running.client(TENANT, str(programs("buildkitd") / "buildctl"), "--addr", address, "debug", "workers")
    assert done.code != 0
    assert "dinp: " in done.err, done.all
    assert "not a directory" in done.err, done.all
    lines = (
        f"name=$(docker buildx create --driver remote {address}); code=0;"
        ' echo "FROM scratch" | docker buildx --builder $name build - || code=$?; docker buildx rm $name; exit $code'
    )
    done = running.client(TENANT, "env", f"BUILDX_CONFIG={running.folder}/buildx", "sh", "-euc", lines)
    assert done.code != 0
    assert "dinp: " in done.err, done.all
    assert "not a directory" in done.err, done.all
    (data / "runc-overlayfs").unlink()
    running.reload()
    asks(running)
