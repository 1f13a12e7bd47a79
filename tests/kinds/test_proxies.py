"""A proxy of the configuration is the engine's way to registries, whatever kind it is."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.clients.test_registries import own_address
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as programs

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("machine_unchanged")]

TENANT = "team-a"
ABSENT = "registry.nowhere.test:5000"


class Proxy(BaseHTTPRequestHandler):
    """Remembers what it is asked for, and has none of it."""

    asked: list[str]

    def do_GET(self) -> None:
        """As a proxy is asked: with the whole address."""
        self.asked.append(self.path)
        self.send_error(404)

    def do_HEAD(self) -> None:
        """As above."""
        self.do_GET()

    def do_CONNECT(self) -> None:
        """For TLS: with a host and a port."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked for."""
    asked: list[str] = []
    handler = type("Asked", (Proxy,), {"asked": asked})
    with ThreadingHTTPServer((own_address(), 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{server.server_address[0]}:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


def pull(running: RunningAgent, kind: str, folder: Path) -> None:
    """Have the engine ask the registry that there is not; it fails, of course."""
    if kind != "buildkitd":
        assert running.docker(TENANT, "pull", f"{ABSENT}/thing").code != 0
        return
    (folder / "Dockerfile").write_text(f"FROM {ABSENT}/thing\n", encoding="utf-8")
    buildctl = [str(programs("buildkitd") / "buildctl"), "--addr", f"unix://{running.socket(TENANT)}"]
    local = [f"--local={name}={folder}" for name in ("context", "dockerfile")]
    assert running.client(TENANT, *buildctl, "build", "--frontend=dockerfile.v0", *local).code != 0


@pytest.mark.parametrize("kind", ["29", "podman", "buildkitd"])
def test_registries_are_reached_through_the_proxy(kind: str, proxy: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = proxy
    engine = {"proxy": {"http": address, "https": address}, "registries": {"insecure": [ABSENT]}}
    with agent(kind, (TENANT,), engine=engine if kind == "29" else {**engine, "kind": kind}) as running:
        pull(running, kind, tmp_path)
    assert any(ABSENT in each for each in asked)
