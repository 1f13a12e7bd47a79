"""A tenant that tries everything, beside a tenant that minds its own business: the table of attempts.py, and"
" after it."""

import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.boundary.all_attempts import ALL_ATTEMPTS
from tests.boundary.attempt import PRELUDE, Attempt, Where
from tests.boundary.planted import Planted, planted
from tests.support.agents import RunningAgent, agent
from tests.support.engines import import_busybox
from tests.support.running import Done

ATTACKER, OTHER = "attacker", "other"
LIMITS = {"memory": "512MiB", "pids": 600, "cpus": 2}


@dataclass
class Scene:
    """An agent with two tenants, and what is planted around them."""

    agent: RunningAgent
    planted: Planted
    words: dict[str, str]

    def attempts(self, attempt: Attempt) -> Done:
        """What an attempt gets."""
        script = PRELUDE + attempt.script
        if attempt.where is Where.CLIENT:
            folder = self.agent.folder / "client"
            folder.mkdir(exist_ok=True)
            return self.agent.client(ATTACKER, "env", *self._words(), "sh", "-c", script, folder=folder)
        options = attempt.options
        argv = ["sh", "-c", script]
        if attempt.where is Where.ENGINE:
            options = ("--privileged", "--pid=host")
            argv = ["nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--", "/bin/sh", "-c", script]
        words = [word for pair in self._words() for word in ("-e", pair)]
        return self.agent.docker(ATTACKER, "run", "--rm", *options, *words, "busybox", *argv)

    def _words(self) -> list[str]:
        return [f"{name}={value}" for name, value in self.words.items()]


@pytest.fixture(scope="module")
def scene(engine_version: str) -> Iterator[Scene]:
    with planted() as secrets, agent(engine_version, (ATTACKER, OTHER), engine={"limits": LIMITS}) as running:
        for name in (ATTACKER, OTHER):
            done = running.script(name, import_busybox())
            assert done.code == 0, done.all
        victim = (
            f"docker run -d --name shared -e SECRET={secrets.secret} -p 127.0.0.1::80 busybox sh -c"
            f" 'mkdir /www; echo {secrets.secret} > /www/index.html; exec httpd -f -p 80 -h /www {secrets.secret}';"
            " docker volume create shared;"
            f" docker run --rm -v shared:/v busybox sh -c 'echo {secrets.secret} > /v/data'"
        )
        done = running.script(OTHER, victim)
        assert done.code == 0, done.all
        yield Scene(running, secrets, secrets.environment() | _about(running))


def _about(running: RunningAgent) -> dict[str, str]:
    """What the attacker is told about the agent and the other tenant."""
    address = Path(f"/proc/{running.engine_init(OTHER)}/net/fib_trie").read_text(encoding="ascii")
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", address)
    link = next(one for one in found if not one.startswith(("127.", "172.1", "192.168.")))
    ours = running.docker(ATTACKER, "run", "--rm", "--net=host", "busybox", "ip", "route").out
    theirs = running.docker(OTHER, "run", "--rm", "--net=host", "busybox", "ip", "route").out
    port = running.docker(OTHER, "port", "shared", "80").out.strip().rpartition(":")[2]
    return {
        "STATE": str(running.state),
        "OTHER_DATA": str(running.state / "tenants" / OTHER / "data"),
        "OTHER_FILE": "dinp-boundary",
        "OTHER_ADDRESS": link,
        "OTHER_GATEWAY": theirs.split()[2],
        "GATEWAY": ours.split()[2],
        "FREE_PORT": str(_free_port()),
        "OTHER_PORT": port,
        "AGENT_PID": str(running.pid),
        "PYTHON": str(Path(sys.executable).resolve()),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("attempt", ALL_ATTEMPTS, ids=lambda attempt: attempt.name[:60])
def test_attempt(scene: Scene, attempt: Attempt) -> None:
    done = scene.attempts(attempt)
    said = done.out + done.err
    assert scene.planted.secret not in said
    assert re.search(attempt.shows, said, re.DOTALL | re.MULTILINE), done.all
    succeeded = [line.removeprefix("done: ") for line in said.splitlines() if line.startswith("done: ")]
    assert [line for line in succeeded if not line.startswith(attempt.allowed or ("\0",))] == [], done.all
    assert scene.planted.unharmed()
    assert scene.agent.docker(OTHER, "inspect", "-f", "{{.State.Running}}", "shared").out == "true\n"


@pytest.mark.usefixtures("scene")
def test_afterwards_the_machine_is_as_it_was() -> None:
    assert not list(Path("/").glob("dinp-was-here"))
    for folder in ("/usr", "/usr/bin", "/bin", "/etc/ssl", "/etc/alternatives", "/etc", "/root", "/tmp"):
        assert not (Path(folder) / "dinp-was-here").exists()
    assert "taken-over" not in socket.gethostname()
    assert "dinpevil" not in [entry.name for entry in Path("/proc/sys/fs/binfmt_misc").iterdir()]


@pytest.mark.parametrize("parent", ["/", "/..", "/../../..", "/docker/../../.."])
def test_a_container_is_in_its_engines_group_whatever_it_asks_for(scene: Scene, parent: str) -> None:
    done = scene.agent.docker(
        ATTACKER, "run", "-d", "--name", "child", "--cgroup-parent", parent, "busybox", "sleep", "99"
    )
    if done.code == 0:
        inner = scene.agent.docker(ATTACKER, "inspect", "-f", "{{.State.Pid}}", "child").out.strip()
        outer = _outer(scene.agent.engine_init(ATTACKER), int(inner))
        groups = Path(f"/proc/{outer}/cgroup").read_text(encoding="ascii").splitlines()
        name = (scene.agent.state / "instance").read_text(encoding="ascii").strip()
        assert [line for line in groups if f"/dinp-{name}/{ATTACKER}/" not in line] == []
    assert scene.agent.docker(ATTACKER, "rm", "-f", "child").code == 0


def _outer(init: int, inner: int) -> int:
    """The process id on the machine of what an engine calls `inner` (NSpid in proc(5))."""
    for status in Path("/proc").glob("[0-9]*/status"):
        numbers = re.search(r"^NSpid:\s+(.*)$", status.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        ids = numbers[1].split() if numbers else []
        if len(ids) > 1 and ids[1] == str(inner) and _engine_of(int(ids[0]), init):
            return int(ids[0])
    raise AssertionError(f"process {inner} of the engine is not to be found")


def _engine_of(pid: int, init: int) -> bool:
    """Whether a process descends from an engine's first one."""
    while pid > 1:
        if pid == init:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return False


def test_two_tenants_with_the_same_names_see_nothing_of_each_other(scene: Scene) -> None:
    same = "docker run -d --name shared busybox sleep 1000 >/dev/null; docker volume create shared >/dev/null"
    assert scene.agent.script(ATTACKER, same).code == 0
    for words in ("ps -a --no-trunc", "volume ls", "image ls --no-trunc", "network ls --no-trunc"):
        mine, theirs = (scene.agent.docker(name, *words.split()).out.splitlines()[1:] for name in (ATTACKER, OTHER))
        assert mine
        assert theirs
        if not words.startswith(("image", "volume")):  # those have names, or digests of the same content
            assert not {line.split()[0] for line in mine} & {line.split()[0] for line in theirs}
    assert scene.agent.docker(ATTACKER, "run", "--rm", "-v", "shared:/v", "busybox", "ls", "-A", "/v").out == ""
    assert scene.agent.docker(ATTACKER, "rm", "-f", "shared").code == 0
    assert scene.agent.docker(OTHER, "inspect", "-f", "{{.State.Running}}", "shared").out == "true\n"
