"""Engines whose last client has left are idle, and end without a wait: dockerd keeps sockets of `docker run`."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.agents import RunningAgent, agent
from tests.support.doors import UNIX, tls_door
from tests.support.engines import import_busybox
from tests.support.ordinary_user import ordinary_user
from tests.support.running import PATIENCE

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

JOBS = {
    "run": "docker run --rm busybox true",
    "stdin": "echo words | docker run --rm -i busybox cat",
    "exec": "docker run -d --name one busybox sleep 1000; docker exec one true; docker rm -f one",
}

everywhere = pytest.mark.parametrize(
    ("isolation", "tls"), [("userns", False), ("userns", True), ("rootless", False), ("rootless", True)]
)


@contextmanager
def after_a_job(version: str, isolation: str, tls: bool, folder: Path, **engine: str) -> Iterator[RunningAgent]:
    """An agent whose tenant has done all of the jobs, by that door; its clients have ended."""
    with ExitStack() as stack:
        user = stack.enter_context(ordinary_user()) if isolation == "rootless" else None
        door = tls_door(user.folder("tls") if user is not None else folder) if tls else UNIX
        settings = {"isolation": isolation, **engine}
        running = stack.enter_context(agent(version, engine=settings, user=user, tenant_keys=door.tenant_keys))
        lines = "\n".join((import_busybox(), *JOBS.values()))
        done = subprocess.run(
            ["sh", "-euc", lines], env=running.client_environment("team-a") | door.client,
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield running


@everywhere
def test_an_engine_is_idle(engine_version: str, isolation: str, tls: bool, tmp_path: Path) -> None:
    with after_a_job(engine_version, isolation, tls, tmp_path, idle_stop_after="1s") as running:
        # Two looks; dockerd's own keepalive would take more than a minute.
        running.log.wait("is stopped: it was idle", tenant="team-a", within=20)


@everywhere
def test_an_agent_ends_at_once(engine_version: str, isolation: str, tls: bool, tmp_path: Path) -> None:
    with after_a_job(engine_version, isolation, tls, tmp_path, drain_within="30s") as running:
        began = time.monotonic()
        assert running.stop() == 0
        took = time.monotonic() - began
        assert not running.log.said("waits for|although"), running.log
        assert took < 5, running.log
