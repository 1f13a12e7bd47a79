"""BuildKit for an ordinary user, on the real program: what it does below an agent of root's, it does here."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kinds.test_disk import build_step, check_disk
from tests.kinds.test_lifecycle import TENANT, asks, check_kills, check_refusal
from tests.kinds.use import KINDS
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as programs
from tests.support.ordinary_user import OrdinaryUser, ordinary_user
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("machine_unchanged")]

KIND = "buildkitd"


@pytest.fixture(scope="module")
def user() -> Iterator[OrdinaryUser]:
    with ordinary_user() as made:
        yield made


@pytest.fixture
def fresh(user: OrdinaryUser) -> Iterator[RunningAgent]:
    """An agent of the user's; afterwards none of the user's processes is left."""
    engine = {"kind": KIND, "isolation": "rootless", "idle_stop_after": "1s"}
    with agent(KIND, (TENANT,), engine=engine, user=user) as running:
        yield running
    assert user.processes() == []


def buildkitd(user: OrdinaryUser) -> int:
    """The engine itself, of all the user's processes."""
    (found,) = (line.split()[0] for line in user.processes() if re.match(r"\d+ \S*/buildkitd --config", line))
    return int(found)


def test_it_starts_with_its_first_client_and_stops_when_idle(fresh: RunningAgent, user: OrdinaryUser) -> None:
    assert not (fresh.state / "tenants" / TENANT / "lease.json").exists()
    asks(fresh)
    fresh.log.wait("ready after", tenant=TENANT)
    watch = os.pidfd_open(buildkitd(user))
    fresh.log.wait("is stopped: it was idle", tenant=TENANT)
    assert select.select([watch], [], [], PATIENCE)[0]
    os.close(watch)
    asks(fresh)
    fresh.log.wait("ready after", tenant=TENANT, count=2)


def test_clients_wait_while_a_killed_engine_is_started_again(fresh: RunningAgent) -> None:
    check_kills(fresh)


def test_a_new_configuration_swaps_the_listener(fresh: RunningAgent) -> None:
    asks(fresh)
    for change in range(1, 4):
        fresh.log.wait("ready after", tenant=TENANT, count=change)
        fresh.config["engine"]["options"] = [f"worker.oci.max-parallelism={change}"]
        fresh.reload()
        asks(fresh)


def test_after_a_killed_agent_the_next_takes_over_with_the_queue(fresh: RunningAgent, user: OrdinaryUser) -> None:
    asks(fresh)
    fresh.log.wait("ready after", tenant=TENANT)
    os.kill(buildkitd(user), signal.SIGSTOP)
    assert fresh.stop(signal.SIGKILL) == -signal.SIGKILL
    argv = [str(programs(KIND) / "buildctl"), "--addr", f"unix://{fresh.socket(TENANT)}", "debug", "workers"]
    waiting = [subprocess.Popen(argv, stdout=subprocess.DEVNULL) for _ in range(5)]
    fresh.start()
    assert [client.wait(PATIENCE) for client in waiting] == [0] * 5


def test_an_engine_that_cannot_start_tells_why(fresh: RunningAgent) -> None:
    check_refusal(fresh)


def test_the_disk_is_kept_below_its_limit(user: OrdinaryUser, tmp_path: Path) -> None:
    check_disk(KIND, KINDS[KIND], tmp_path, user)


def test_a_run_of_a_command_leaves_nothing(user: OrdinaryUser) -> None:
    folder = user.folder("project")
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY word /\n", encoding="ascii")
    (folder / "word").write_text("made\n", encoding="ascii")
    lines = (
        "buildctl build --frontend dockerfile.v0 --local context=. --local dockerfile=. --output type=local,dest=out;"
        " cat out/word; stat -c %u out/word"
    )
    done = user.script(KIND, lines, folder=folder, options=("--engine", KIND))
    assert done.out.split() == ["made", str(user.uid)], done.all
    assert user.processes() == []
    assert user.state() == []


def test_who_is_root_in_the_engine_is_the_user_outside(fresh: RunningAgent, user: OrdinaryUser) -> None:
    closed = user.home / "of-root"
    closed.write_text("secret\n", encoding="ascii")
    closed.chmod(0o600)
    (user.folder("mine") / "own").write_text("the user's\n", encoding="ascii")
    asks(fresh)
    attempts = (
        f"cat {user.home}/mine/own; id -u; for file in {closed} /etc/shadow; do cat $file && echo read; done;"
        f" for place in /usr /etc/ssl {user.home.parent}; do touch $place/made && echo written; done"
    )
    enter = ["nsenter", "-t", str(buildkitd(user)), "-U", "-m", "-n", "-p", "--", "/bin/sh", "-c", attempts]
    tried = subprocess.run(enter, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert tried.stdout == "the user's\n0\n", tried.stdout + tried.stderr
    assert len(re.findall("Permission denied", tried.stderr)) == 5, tried.stderr


def test_a_build_step_sees_neither_the_users_files_nor_servers_of_the_machine_alone(
    fresh: RunningAgent, user: OrdinaryUser, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tries = " ".join(f"nc -w 2 {address} {port} </dev/null && exit 1;" for address in ("127.0.0.1", "10.0.2.2"))
        step = f"ls -d {user.home} {fresh.state} && exit 1; ls /sys/fs && exit 1; {tries} ps; test $(ps | wc -l) -le 5"
        done = build_step(fresh, tmp_path / "step", step)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert done.code == 0, done.all
