"""`dinp agent` as a process of its own, with its log as the events that tests wait for."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.engines import environment
from tests.support.ordinary_user import OrdinaryUser
from tests.support.running import DINP, PATIENCE, Done

Line = dict[str, Any]
"""A line of the agent's log: message, level, and tenant and engine where there are."""


class Log:
    """What the agent has said so far; a thread reads on."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.rest: list[str] = []
        self._changed = threading.Condition()
        self._ended = False

    def read(self, stream: Iterator[str]) -> None:
        """Take lines until the stream ends."""
        for raw in stream:
            with self._changed:
                try:
                    self.lines.append(json.loads(raw))
                except ValueError:
                    self.rest.append(raw)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, pattern: str, *, tenant: str | None = None, count: int = 1, within: float = PATIENCE) -> Line:
        """Wait for the `count`th line of the agent itself that matches, also one that was said before.

        Raises:
            AssertionError: the agent ended, or time is over; with what it said.
        """
        return self._wait(lambda: self.said(pattern, tenant=tenant), count, within, f"the agent never said {pattern!r}")

    def wait_for_engine(self, pattern: str, *, within: float = PATIENCE) -> Line:
        """The same for a line that an engine said and the agent passes on."""

        def said() -> list[Line]:
            return [line for line in self.lines if "engine" in line and re.search(pattern, line["message"])]

        return self._wait(said, 1, within, f"no engine said {pattern!r}")

    def _wait(self, find: Callable[[], list[Line]], count: int, within: float, otherwise: str) -> Line:
        deadline = time.monotonic() + within
        with self._changed:
            while len(found := find()) < count:
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"{otherwise} ({count} times):\n{self}")
                self._changed.wait(left)
        return found[count - 1]

    def said(self, pattern: str, *, tenant: str | None = None) -> list[Line]:
        """The agent's own lines that match."""
        own = (line for line in self.lines if "engine" not in line and tenant in {None, line.get("tenant")})
        return [line for line in own if re.search(pattern, line["message"])]

    def __str__(self) -> str:
        return "".join(f"{json.dumps(line)}\n" for line in self.lines[-80:]) + "".join(self.rest[-40:])


@dataclass
class RunningAgent:
    """An agent, its tenants and their clients."""

    version: str
    folder: Path
    config: dict[str, Any]
    more: Mapping[str, str] = field(default_factory=dict)
    user: OrdinaryUser | None = None
    log: Log = field(default_factory=Log)
    process: "subprocess.Popen[str] | None" = None

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it, and wait until its sockets are open."""
        self.write_config()
        self.log = Log()
        argv = [DINP, "agent", "--config", str(self.folder / "agent.yaml")]
        env = environment(self.version, self.more)
        if self.user is not None:
            argv, env = self.user.command(self.version, *argv), self.user.environment(self.version, self.more)
        self.process = subprocess.Popen(
            argv, env=env, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            cwd=self.folder,
        )  # fmt: skip
        assert self.process.stderr is not None
        threading.Thread(target=self.log.read, args=(self.process.stderr,), daemon=True).start()
        self.log.wait("sockets are open")

    def write_config(self) -> None:
        """Write what `config` says now; the agent reads it when told to (`reload`)."""
        (self.folder / "agent.yaml").write_text(yaml.safe_dump(self.config), encoding="utf-8")

    def reload(self) -> None:
        """Have the configuration read again, and wait until it was."""
        self.write_config()
        done = len(self.log.said("configuration was")) + 1
        os.kill(self.pid, signal.SIGHUP)
        self.log.wait("configuration was", count=done)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait for its end; its exit code, negative for a signal."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.process = None
        return code

    def socket(self, tenant: str) -> str:
        return str(self.folder / "run" / tenant / "docker.sock")

    def client_environment(self, tenant: str) -> dict[str, str]:
        return environment(self.version, self.more) | {"DOCKER_HOST": f"unix://{self.socket(tenant)}"}

    def docker(self, tenant: str, *words: str, text: str | None = None) -> Done:
        """The docker command as a tenant."""
        return self.client(tenant, "docker", *words, text=text)

    def client(self, tenant: str, *words: str, text: str | None = None, folder: Path | None = None) -> Done:
        """Any command as a tenant."""
        done = subprocess.run(
            words, env=self.client_environment(tenant), capture_output=True, text=True, input=text, timeout=PATIENCE,
            cwd=folder or self.folder,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def script(self, tenant: str, lines: str, folder: Path | None = None) -> Done:
        """A shell script as a tenant."""
        return self.client(tenant, "sh", "-euc", lines, folder=folder)

    def engine_init(self, tenant: str) -> int:
        """The first process of a tenant's engine, from its lease."""
        lease = json.loads((self.state / "tenants" / tenant / "lease.json").read_text(encoding="utf-8"))
        return int(lease["pid"])

    def engine(self, tenant: str) -> int:
        """The engine itself: the init's child that is called dockerd."""
        init = self.engine_init(tenant)
        children = Path(f"/proc/{init}/task/{init}/children").read_text(encoding="ascii").split()
        return next(int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd")


def tenant(folder: Path, name: str, **more: object) -> dict[str, object]:
    """A tenant's section of the configuration."""
    return {"name": name, "socket": str(folder / "run" / name / "docker.sock"), **more}


@contextmanager
def agent(
    version: str,
    tenants: Sequence[str] = ("team-a",),
    engine: Mapping[str, object] | None = None,
    more: Mapping[str, str] | None = None,
    tenant_keys: Mapping[str, object] | None = None,
    user: OrdinaryUser | None = None,
) -> Iterator[RunningAgent]:
    """An agent that runs until the block ends; it must then end in peace, whatever the block did to it."""
    folder = Path(tempfile.mkdtemp(prefix="dinp-t-"))
    folder.chmod(0o755)
    config: dict[str, Any] = {
        "state_dir": str(folder / "state"),
        "tenants": [tenant(folder, name, **(tenant_keys or {})) for name in tenants],
        "engine": {"isolation": "userns", "drain_within": "5s", **(engine or {})},
    }
    running = RunningAgent(version, folder, config, more or {}, user)
    if user is not None:
        os.chown(folder, user.uid, user.uid)
    try:
        running.start()
        yield running
        if running.process is not None:
            code = running.stop()
            assert code == 0, f"the agent ended with {code}:\n{running.log}"
    finally:
        if running.process is not None:
            running.stop()
        shutil.rmtree(folder)
