"""The sides that are compared: a dockerd by itself, an agent of dinp. Both are gone when their block ends."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.talking import PATIENCE, first_answer
from tests.support.agents import RunningAgent, tenant
from tests.support.engines import environment
from tests.support.ordinary_user import OrdinaryUser
from tests.support.running import DINP

GROUP = f"bench-{os.getpid()}"
"""Control group of a bare engine's containers; removed with the engine."""

_GROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/*")

_PREPARE = """
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /etc/docker && mount -t tmpfs tmpfs /etc/docker
echo prepared
read go
export LISTEN_FDS=1 LISTEN_PID=$$
exec dockerd -H fd:// "$@"
"""
"""Everything that a machine would have before its dockerd starts is there before the clock runs."""


@dataclass(frozen=True)
class Side:
    """Something with a Docker socket.

    Attributes:
        socket: path of the socket.
        began: time.monotonic() of the instant in which it was told to start.
        pid: its first process.
    """

    socket: str
    began: float
    pid: int

    def answered(self) -> float:
        """Wait for its first answer; seconds since it was told to start."""
        first_answer(self.socket)
        return time.monotonic() - self.began

    def docker(self, version: str, *words: str, more: Mapping[str, str] | None = None) -> str:
        """The docker command on it, which must succeed; what it printed.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        env = environment(version, more) | {"DOCKER_HOST": f"unix://{self.socket}"}
        done = subprocess.run(
            ["docker", *words], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"docker {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def bare_dockerd(version: str) -> Iterator[Side]:
    """A dockerd in mount, network and process namespaces of its own, as root of the machine, with a fresh data-root.

    It gets a listening socket from us as systemd would give it one, so that no client has to poll on this side either.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    path = str(folder / "docker.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(4096)
        high = fcntl.fcntl(listener, fcntl.F_DUPFD, 10)  # not 3: that is where it must come to be
        try:
            process = _prepared(version, folder, high)
        finally:
            os.close(high)
    assert process.stdin is not None
    try:
        began = time.monotonic()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        yield Side(path, began, process.pid)
    finally:
        _end(process)
        shutil.rmtree(folder)
        _remove_groups()


def _prepared(version: str, folder: Path, listener: int) -> "subprocess.Popen[bytes]":
    options = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid"]
    options += ["--cgroup-parent", f"/{GROUP}", "--log-level", "warn"]
    options += [] if version == "29" else ["--storage-driver", "overlay2"]
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    shell = ["bash", "-euc", f"exec 3<&{listener} {listener}<&-\n{_PREPARE}", "dockerd", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*namespaces, *shell], env=environment(version), pass_fds=(listener,), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
    assert process.stdout is not None
    if process.stdout.readline() != b"prepared\n":
        process.wait()
        raise RuntimeError(f"no namespaces for a bare dockerd: {(folder / 'log').read_text(encoding='utf-8')}")
    return process


def children(pid: int) -> list[int]:
    """Processes that a process started and that live."""
    with suppress(FileNotFoundError, ProcessLookupError):
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]
    return []


def family(pid: int) -> list[int]:
    """A process and all below it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def _end(process: "subprocess.Popen[bytes]") -> None:
    for pid in children(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _remove_groups() -> None:
    for pattern in _GROUPS:
        for group in Path("/").glob(f"{pattern}/{GROUP}".lstrip("/")):
            for below in sorted((one for one in group.rglob("*") if one.is_dir()), reverse=True):
                below.rmdir()
            group.rmdir()


@contextmanager
def agent_of_dinp(
    version: str,
    tenants: Sequence[str] = ("team-a",),
    engine: Mapping[str, object] | None = None,
    user: OrdinaryUser | None = None,
) -> Iterator[tuple[RunningAgent, Side]]:
    """An agent that was told to start a moment ago; `began` of the side is the instant before its exec.

    Its sockets may not be open yet: that is for the client to wait for.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    config = {
        "state_dir": str(folder / "state"),
        "tenants": [tenant(folder, name) for name in tenants],
        "engine": {"isolation": "userns", "drain_within": "5s", **(engine or {})},
    }
    running = RunningAgent(version, folder, config, user=user)
    running.write_config()
    for name in tenants:
        (folder / "run" / name).mkdir(parents=True)
    argv, env = [DINP, "agent", "--config", str(folder / "agent.yaml")], environment(version)
    if user is not None:
        argv, env = user.command(version, *argv), user.environment(version)
        for made in [folder, *folder.rglob("*")]:
            os.chown(made, user.uid, user.uid)
    began = time.monotonic()
    process = subprocess.Popen(argv, env=env, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=folder)
    assert process.stderr is not None
    running.process = process
    reader = threading.Thread(target=running.log.read, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        yield running, Side(running.socket(tenants[0]), began, process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        reader.join()
        process.stderr.close()
        shutil.rmtree(folder)
