"""An agent with two tenants and what is planted around them, with each kind of engine."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path

from tests.boundary.attempt import PRELUDE, Attempt, Where
from tests.boundary.planted import Planted, planted
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as programs
from tests.support.engines import import_busybox
from tests.support.ports import unused_port
from tests.support.running import PATIENCE, Done

ATTACKER, OTHER = "attacker", "other"
LIMITS = {"memory": "512MiB", "pids": 600, "cpus": 2}
PYTHON = str(Path(sys.executable).resolve())

_ENTER = """
import ctypes, os, sys
init, *groups = sys.argv[1].split(",")
for group in groups:
    with open(f"{group}/cgroup.procs", "w") as procs:
        procs.write("0")
ctypes.CDLL(None).syscall(250, 1, 0)
os.execvp("nsenter", ["nsenter", "-t", init, "-U", "-m", "-u", "-i", "-n", "-p", "-C", "--", *sys.argv[2:]])
"""
"""As one of the engine's own processes: in its control groups and namespaces, and with a keyring of its own (keyctl(2),
KEYCTL_JOIN_SESSION_KEYRING), since that of the tests' session leads to root's."""


@dataclass
class Scene:
    """An agent with two tenants, and what is planted around them."""

    kind: str
    agent: RunningAgent
    planted: Planted
    words: Mapping[str, str]

    def attempts(self, attempt: Attempt) -> Done:
        """What an attempt gets."""
        script = PRELUDE + attempt.script
        if attempt.where is Where.CLIENT:
            folder = self.agent.folder / "client"
            folder.mkdir(exist_ok=True)
            return self.agent.client(ATTACKER, "env", *self._pairs(), "sh", "-c", script, folder=folder)
        if attempt.where is Where.CONTAINER:
            return self._in_container(attempt.options, "sh", "-c", script)
        if self.kind == "buildkitd":
            asks(self.agent, ATTACKER)
            argv = entering(self.agent, ATTACKER, "/usr/bin/env", *self._pairs(), "/bin/sh", "-c", script)
            done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, env={"PATH": environ["PATH"]})
            return Done(done.returncode, done.stdout, done.stderr)
        enter = ("nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--", "/bin/sh", "-c", script)
        return self._in_container(("--privileged", "--pid=host"), *enter)

    def other_serves(self) -> bool:
        """Whether the other tenant's container, or its build, is still there."""
        if self.kind != "buildkitd":
            return self.agent.docker(OTHER, "inspect", "-f", "{{.State.Running}}", "shared").out == "true\n"
        return "httpd" in _commands(self.agent, OTHER)

    def _in_container(self, options: tuple[str, ...], *words: str) -> Done:
        pairs = [word for pair in self._pairs() for word in ("-e", pair)]
        return self.agent.docker(ATTACKER, "run", "--rm", *options, *pairs, "busybox", *words)

    def _pairs(self) -> list[str]:
        return [f"{name}={value}" for name, value in self.words.items()]


def entering(running: RunningAgent, tenant: str, *words: str) -> list[str]:
    """The command that runs another as root in a tenant's engine."""
    lease = json.loads((running.state / "tenants" / tenant / "lease.json").read_text(encoding="utf-8"))
    groups = [str(leaf if (leaf := Path(group) / "init").is_dir() else group) for group in lease["cgroups"]]
    return [PYTHON, "-IS", "-c", _ENTER, ",".join([str(lease["pid"]), *groups]), *words]


def asks(running: RunningAgent, tenant: str) -> None:
    """A client of BuildKit's API is answered."""
    done = running.client(tenant, *_buildctl(running, tenant), "debug", "workers")
    assert done.code == 0, done.all


def _buildctl(running: RunningAgent, tenant: str) -> tuple[str, ...]:
    return str(programs("buildkitd") / "buildctl"), "--addr", f"unix://{running.socket(tenant)}"


@contextmanager
def scene_with(version: str) -> Iterator[Scene]:
    """Everything, until the block ends."""
    kind = version if version in {"podman", "buildkitd"} else "dockerd"
    engine = {"kind": kind, "limits": LIMITS}
    with planted() as secrets, agent(version, (ATTACKER, OTHER), engine=engine) as running:
        if kind == "buildkitd":
            asks(running, ATTACKER)
            with _build_that_serves(running, secrets.secret) as words:
                yield Scene(kind, running, secrets, secrets.environment() | _about(running) | words)
            return
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
        port = running.docker(OTHER, "port", "shared", "80").out.strip().rpartition(":")[2]
        yield Scene(kind, running, secrets, secrets.environment() | _about(running) | {"OTHER_PORT": port})
        running.docker(OTHER, "kill", "shared")  # which would let its engine's end wait


@contextmanager
def _build_that_serves(running: RunningAgent, secret: str) -> Iterator[dict[str, str]]:
    """The other tenant's build, whose step serves the secret, with a port that its engine publishes for it."""
    context = running.folder / "victim"
    (context / "rootfs").mkdir(parents=True)
    with tarfile.open(Path(environ["DINP_IMAGES"]) / "busybox-amd64.tar") as archive:
        archive.extractall(context / "rootfs", filter="fully_trusted")
    step = f"mkdir /www; echo {secret} > /www/index.html; echo it serves; exec httpd -f -p 80 -h /www {secret}"
    (context / "Dockerfile").write_text(f"FROM scratch\nCOPY rootfs /\nRUN {step}\n", encoding="ascii")
    local = [f"--local={each}={context}" for each in ("context", "dockerfile")]
    argv = [*_buildctl(running, OTHER), "build", "--progress=plain", "--frontend=dockerfile.v0", *local]
    environment = running.client_environment(OTHER)
    with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, text=True) as build:
        assert build.stderr is not None
        assert any(re.search(r"\d it serves$", line) for line in build.stderr)
        port = str(unused_port())
        helper = f"/run/dinp/port-helper -proto tcp -host-ip 127.0.0.1 -host-port {port}"
        published = entering(
            running,
            OTHER,
            "/bin/sh",
            "-c",
            f"exec {helper} -container-ip {_address(running, OTHER)} -container-port 80 3>&1",
        )
        with subprocess.Popen(published, stdout=subprocess.PIPE, text=True) as publishing:
            assert publishing.stdout is not None
            assert publishing.stdout.read(1) == "0"
            yield {"OTHER_PORT": port}
            publishing.terminate()
        build.terminate()


def _about(running: RunningAgent) -> dict[str, str]:
    """What the attacker is told about the agent and the other tenant."""
    return {
        "STATE": str(running.state),
        "OTHER_DATA": str(running.state / "tenants" / OTHER / "data"),
        "OTHER_FILE": "dinp-boundary",
        "OTHER_ADDRESS": _address(running, OTHER),
        "OTHER_GATEWAY": _gateway(running, OTHER),
        "GATEWAY": _gateway(running, ATTACKER),
        "FREE_PORT": str(unused_port()),
        "AGENT_PID": str(running.pid),
        "PYTHON": PYTHON,
    }


def _inside(running: RunningAgent, tenant: str, file: str) -> str:
    """A file of /proc/net, as the tenant's engine has it."""
    return Path(f"/proc/{running.engine_init(tenant)}{file.removeprefix('/proc')}").read_text(encoding="ascii")


def _commands(running: RunningAgent, tenant: str) -> set[str]:
    """What runs in a tenant's engine, by name."""
    listing = entering(running, tenant, "/bin/ps", "-eo", "comm=")
    return set(subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split())


def _address(running: RunningAgent, tenant: str) -> str:
    """The address of an engine's end of its link."""
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", _inside(running, tenant, "/proc/net/fib_trie"))
    return next(one for one in found if not one.startswith(("127.", "172.1", "192.168.")))


def _gateway(running: RunningAgent, tenant: str) -> str:
    """The address of the machine's end of its link, from the default route."""
    rows = (line.split() for line in _inside(running, tenant, "/proc/net/route").splitlines()[1:])
    number = next(row[2] for row in rows if row[1] == "00000000")
    return socket.inet_ntoa(bytes.fromhex(number)[::-1])
