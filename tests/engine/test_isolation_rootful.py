"""Engines that are root of the machine, on real engines: they work, keep to themselves, and leave nothing behind."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.agents import agent
from tests.support.engines import environment, import_busybox
from tests.support.running import DINP, Done, dinp_run, script

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

ROOTFUL = ("--isolation", "rootful")
WEB = "mkdir /www; echo served > /www/index.html; httpd -p 80 -h /www; echo > /up; exec sleep 1000"
"""httpd returns when it listens; a named pipe tells that outside."""


def rootful(version: str, lines: list[str], folder: Path, *options: str) -> Done:
    return script(version, "\n".join([import_busybox(), *lines]), folder=folder, options=(*ROOTFUL, *options))


def test_the_user_is_told_what_rootful_means(engine_version: str, tmp_path: Path) -> None:
    done = dinp_run(engine_version, "docker", "info", "-f", "{{.SecurityOptions}}", folder=tmp_path, options=ROOTFUL)
    assert done.code == 0, done.all
    assert "rootless" not in done.out
    assert "whoever may use this engine is root of the machine" in done.err


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_builds_and_runs(engine_version: str, tmp_path: Path, buildkit: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo built-here > /word\nCMD cat /word\n", encoding="utf-8")
    lines = [f"export DOCKER_BUILDKIT={buildkit}", "docker build -q -t app . >/dev/null", "docker run --rm app"]
    done = rootful(engine_version, lines, tmp_path)
    assert done.out == "built-here\n", done.all


def test_it_sees_the_machine_but_has_its_own_run_and_etc_docker(engine_version: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("seen", encoding="ascii")
    os.chown(tmp_path / "mine", 1000, 1001)
    look = "cat /h$0/mine; echo; stat -c %u:%g /h$0/mine; ls /h/etc/docker; test -L /h/run/docker.sock"
    done = rootful(engine_version, [f"docker run --rm -v /:/h busybox sh -c '{look}' $PWD"], tmp_path)
    assert done.code == 0, done.all
    assert done.out.split() == ["seen", "1000:1001", "daemon.json"], done.all


def test_nothing_is_created_in_the_machines_root(engine_version: str, tmp_path: Path) -> None:
    lines = [
        "docker run --rm -v /:/h busybox sh -c ': > /h/made-by-test' || echo no",
        "docker run --rm -v /nowhere/x:/x busybox true || echo no",
    ]
    done = rootful(engine_version, lines, tmp_path)
    assert done.out.split() == ["no", "no"], done.all
    assert not Path("/made-by-test").exists()
    assert not Path("/nowhere").exists()


def test_a_published_port_answers_when_docker_run_returns(engine_version: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lines = [
        "mkfifo up",
        f"docker run -d --name web -p {port}:80 -v $PWD/up:/up busybox sh -c '{WEB}' >/dev/null",
        "read _ < up",
        f"python3 -c 'import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:{port}\").read().decode().strip())'",
        f"! docker run --rm -p {port}:80 busybox true",
    ]
    done = rootful(engine_version, lines, tmp_path)
    assert done.out == "served\n", done.all
    assert "port is already allocated" in done.err


def test_limits_hold(engine_version: str, tmp_path: Path) -> None:
    eat = "head -c 300000000 /dev/zero | tail -c 250000000 >/dev/null; echo $?"
    lines = [
        f"docker run --rm busybox sh -c '{eat}'",
        "docker run --rm busybox sh -c 'for i in $(seq 300); do sleep 5 & done; wait' 2>&1 | tail -n 1",
    ]
    done = rootful(engine_version, lines, tmp_path, "--memory", "160MiB", "--pids", "200")
    killed, forks = done.out.splitlines()[0], done.out.splitlines()[-1]
    assert killed != "0", done.all
    assert "can't fork" in forks, done.all


def test_a_privileged_container_starts_or_the_machine_says_why_not(engine_version: str, tmp_path: Path) -> None:
    """dockerd before 23 asks for every capability; a machine that lacks one refuses, and preflight has said so."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    complete = held == (1 << (last + 1)) - 1
    done = rootful(engine_version, ["docker run --rm --privileged busybox echo yes"], tmp_path)
    if complete or engine_version != "20.10":
        assert done.out == "yes\n", done.all
    else:
        assert "unable to apply caps" in done.err


def test_clients_wait_while_a_killed_engine_comes_back(engine_version: str) -> None:
    with agent(engine_version, engine={"isolation": "rootful"}) as running:
        lines = f"{import_busybox()}; docker run -d --name before busybox sleep 1000"
        assert running.script("team-a", lines).code == 0
        os.kill(running.engine_init("team-a"), signal.SIGKILL)
        done = running.docker("team-a", "inspect", "-f", "{{.State.Running}}", "before")
        assert done.out == "false\n", done.all


def test_an_idle_engine_is_stopped_and_its_cache_is_kept(engine_version: str) -> None:
    with agent(engine_version, engine={"isolation": "rootful", "idle_stop_after": "1s"}) as running:
        assert running.script("team-a", import_busybox()).code == 0
        running.log.wait("is stopped: it was idle", tenant="team-a")
        assert running.docker("team-a", "image", "ls", "-q", "busybox").out != ""


def test_what_a_killed_run_leaves_the_next_one_removes(engine_version: str, tmp_path: Path) -> None:
    lines = [import_busybox(), "docker run -d busybox sleep 1000 >/dev/null", "echo up", "exec sleep 1000"]
    argv = [DINP, "run", "--quiet", *ROOTFUL, "--", "sh", "-euc", "\n".join(lines)]
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment(engine_version), stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
        run.kill()
    done = dinp_run(engine_version, "true", folder=tmp_path)
    assert done.code == 0, done.all


def test_preflight_says_what_rootful_gives_away(engine_version: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [DINP, "preflight", "--isolation", "rootful", "-o", "json"], env=environment(engine_version), cwd=tmp_path,
        capture_output=True, text=True,
    )  # fmt: skip
    isolation = json.loads(done.stdout)["decisions"]["isolation"]
    assert "root of the machine" in isolation["why"], done.stdout
