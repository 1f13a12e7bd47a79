"""Engines of an ordinary user, on real engines: what works for root works here, and nothing is left."""

import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.agents import agent
from tests.support.engines import import_busybox
from tests.support.ordinary_user import OrdinaryUser, ordinary_user
from tests.support.ports import unused_port
from tests.support.running import DINP

WEB = "mkdir /www; echo served > /www/index.html; httpd -p 80 -h /www; echo > /up; exec sleep 1000"
"""httpd returns when it listens; a named pipe tells that outside."""
LEASE = "$HOME/.local/state/dinp/runs/*/tenants/local/lease.json"


@pytest.fixture(scope="module")
def user() -> Iterator[OrdinaryUser]:
    with ordinary_user() as made:
        yield made


@pytest.fixture
def folder(user: OrdinaryUser) -> Iterator[Path]:
    """A project of the user's; afterwards neither processes nor files of dinp may be left."""
    number = len(list(user.home.iterdir()))
    yield user.folder(f"project-{number}")
    assert user.processes() == []
    assert user.state() == []


@pytest.fixture
def port() -> int:
    return unused_port()


def test_the_engine_is_rootless_and_the_caller_is_told_nothing_else(
    engine_version: str, user: OrdinaryUser, folder: Path
) -> None:
    done = user.run(
        engine_version, "docker", "info", "-f", "{{.ServerVersion}} {{.SecurityOptions}} {{.Driver}}", folder=folder
    )
    assert done.code == 0, done.all
    assert done.out.startswith(f"{engine_version}."), done.all
    assert "name=rootless" in done.out
    assert "overlay" in done.out


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_builds_and_runs(engine_version: str, user: OrdinaryUser, folder: Path, buildkit: str) -> None:
    (folder / "Dockerfile").write_text("FROM busybox\nRUN echo built-here > /word\nCMD cat /word\n", encoding="utf-8")
    lines = [import_busybox(), f"export DOCKER_BUILDKIT={buildkit}", "docker build -q -t app . >/dev/null"]
    done = user.script(engine_version, "\n".join([*lines, "docker run --rm app"]), folder=folder)
    assert done.out == "built-here\n", done.all


def test_what_was_kept_is_forgotten_with_files_of_sub_ids(user: OrdinaryUser, folder: Path) -> None:
    """What a container's other users have written belongs to nobody whom the user could be."""
    lines = f"{import_busybox()}; docker run --name one busybox sh -c 'echo > /theirs; chown 1000 /theirs'"
    done = user.script("29", lines, folder=folder, options=("--keep", "one"))
    assert done.code == 0, done.all
    forgotten = subprocess.run(
        user.command("29", DINP, "run", "--forget", "one"), env=user.environment("29"), cwd=folder
    )
    assert forgotten.returncode == 0
    assert list((user.home / ".local/state/dinp/kept").iterdir()) == []


def test_files_of_a_bind_mount_belong_to_the_caller(engine_version: str, user: OrdinaryUser, folder: Path) -> None:
    (folder / "mine").write_text("1\n", encoding="ascii")
    os.chown(folder / "mine", user.uid, user.uid)
    lines = [
        import_busybox(),
        "docker run --rm -v $PWD:/w busybox sh -c 'cat /w/mine; echo 2 >> /w/mine; echo 3 > /w/new; chmod 600 /w/new'",
        "cat new",
    ]
    done = user.script(engine_version, "\n".join(lines), folder=folder)
    assert done.out.split() == ["1", "3"], done.all
    assert (folder / "mine").read_text(encoding="ascii") == "1\n2\n"
    assert {(folder / name).stat().st_uid for name in ("mine", "new")} == {user.uid}


def test_a_privileged_container_is_the_user_outside(engine_version: str, user: OrdinaryUser, folder: Path) -> None:
    lines = [
        import_busybox(),
        "docker run --rm --privileged -v /:/h busybox sh -c 'id -u; touch /h/usr/made 2>/dev/null || echo no'",
    ]
    done = user.script(engine_version, "\n".join(lines), folder=folder)
    assert done.out.split() == ["0", "no"], done.all
    assert not Path("/usr/made").exists()


def test_a_published_port_answers_when_docker_run_returns(
    engine_version: str, user: OrdinaryUser, folder: Path, port: int
) -> None:
    lines = [
        import_busybox(),
        "mkfifo up",
        f"docker run -d --name web -p {port}:80 -v $PWD/up:/up busybox sh -c '{WEB}' >/dev/null",
        "read _ < up",
        f"python3 -c 'import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:{port}\").read().decode().strip())'",
        f"! docker run --rm -p {port}:80 busybox true",
        "docker rm -f web >/dev/null",
        f"docker run --rm -p {port}:80 busybox echo free again",
    ]
    done = user.script(engine_version, "\n".join(lines), folder=folder)
    assert done.out == "served\nfree again\n", done.all
    assert "port is already allocated" in done.err


def test_a_port_that_somebody_else_has_is_refused_in_dockers_words(
    engine_version: str, user: OrdinaryUser, folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        lines = [import_busybox(), f"docker run --rm -p 127.0.0.1:{number}:80 busybox true"]
        done = user.script(engine_version, "\n".join(lines), folder=folder)
    assert done.code == 125
    assert "address already in use" in done.err, done.all


def test_clients_wait_while_a_killed_engine_comes_back(engine_version: str, user: OrdinaryUser, folder: Path) -> None:
    lines = [
        f"{import_busybox()}",
        "docker run -d --name before busybox sleep 1000 >/dev/null",
        f"""kill -KILL $(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["pid"])' {LEASE})""",
        "docker inspect -f '{{.State.Running}}' before",
    ]
    done = user.script(engine_version, "\n".join(lines), folder=folder)
    assert done.out == "false\n", done.all


def test_what_a_killed_run_leaves_the_next_one_removes(engine_version: str, user: OrdinaryUser, folder: Path) -> None:
    lines = [import_busybox(), "docker run -d busybox sleep 1000 >/dev/null", "echo up", "exec sleep 1000"]
    argv = user.command(engine_version, DINP, "run", "--quiet", "--", "sh", "-euc", "\n".join(lines))
    with subprocess.Popen(
        argv, cwd=folder, env=user.environment(engine_version), stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
        run.kill()
    # The command itself is nobody's to end, as after a killed shell.
    for line in user.processes():
        if "sleep 1000" in line and "sh -c" not in line:
            os.kill(int(line.split()[0]), signal.SIGKILL)
    done = user.run(engine_version, "true", folder=folder)
    assert done.code == 0, done.all


def ping(path: str) -> http.client.HTTPConnection:
    """Ask whether the engine is there, without waiting for the answer."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request("GET", "/_ping")
    return connection


def answer(connection: http.client.HTTPConnection) -> bytes:
    with closing(connection):
        return connection.getresponse().read()


@pytest.mark.usefixtures("folder")
def test_an_idle_engine_is_stopped_and_its_cache_is_kept(engine_version: str, user: OrdinaryUser) -> None:
    engine = {"isolation": "rootless", "idle_stop_after": "1s"}
    with agent(engine_version, engine=engine, user=user) as running:
        assert running.script("team-a", import_busybox()).code == 0
        running.log.wait("is stopped: it was idle", tenant="team-a")
        assert running.docker("team-a", "image", "ls", "-q", "busybox").out != ""
        assert answer(ping(running.socket("team-a"))) == b"OK"


@pytest.mark.usefixtures("folder")
def test_after_a_killed_agent_the_next_takes_over_with_the_queue(engine_version: str, user: OrdinaryUser) -> None:
    with agent(engine_version, engine={"isolation": "rootless"}, user=user) as running:
        path = running.socket("team-a")
        assert answer(ping(path)) == b"OK"
        running.log.wait("ready after")
        (dockerd,) = (int(line.split()[0]) for line in user.processes() if line.split()[1].endswith("/dockerd"))
        os.kill(dockerd, signal.SIGSTOP)
        assert running.stop(signal.SIGKILL) == -signal.SIGKILL
        waiting = [ping(path) for _ in range(10)]
        running.start()
        assert [answer(client) for client in waiting] == [b"OK"] * 10
