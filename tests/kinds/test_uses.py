"""The table of engine kinds, cell by cell, on real engines."""

import json
import os
import re
import shutil
import socket
import sys
import tarfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.clients.test_registries import own_address
from tests.kinds.all_uses import ALL_USES
from tests.kinds.use import KINDS, Use
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as programs
from tests.support.engines import import_busybox
from tests.support.running import DINP
from tools.provision.registry import registry

pytestmark = pytest.mark.engine

TENANT = "team-a"
FOLDER = Path(__file__).parent


_ENVIRONMENT = 'environment=$("$DINP" env --config "$CONFIG"); eval "$environment"'
"""What the how-to pages say."""


@dataclass
class Scene:
    """A tenant with one kind of engine, and its folder."""

    kind: str
    agent: RunningAgent
    folder: Path
    words: dict[str, str]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def furnish(folder: Path) -> None:
    """What the scripts find in the tenant's folder."""
    for name, text in (
        ("app", "FROM scratch\nCOPY rootfs /\nRUN echo made > /word\n"),
        ("mirrored", "FROM busybox:mirrored\nRUN echo made > /word\n"),
        ("web", "FROM busybox\nRUN mkdir /www && echo composed > /www/index.html\n"),
    ):
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(text, encoding="ascii")
    with tarfile.open(Path(os.environ["DINP_IMAGES"]) / "busybox-amd64.tar") as archive:
        archive.extractall(folder / "app" / "rootfs", filter="fully_trusted")
    compose = {
        "services": {
            "web": {"build": "./web", "command": ["httpd", "-f", "-p", "80", "-h", "/www"], "ports": ["127.0.0.1::80"]},
            "asks": {"image": "busybox", "depends_on": ["web"], "profiles": ["ask"]},
        }
    }
    (folder / "compose.yaml").write_text(yaml.safe_dump(compose), encoding="ascii")
    for program in FOLDER.glob("docker_py_*.py"):
        shutil.copy(program, folder)


@pytest.fixture(scope="module", params=KINDS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    kind = str(request.param)
    folder = tmp_path_factory.mktemp("w")
    furnish(folder)
    store = Path(os.environ["DINP_TOOLS"]) / "docker-registry"
    with ExitStack() as stack:
        host = own_address()
        stored = stack.enter_context(registry(store, tmp_path_factory.mktemp("r"), host=host))
        locked = stack.enter_context(
            registry(store, tmp_path_factory.mktemp("l"), tls=True, users={"me": "secret"}, host=host)
        )
        logins = {"auths": {locked.address: {"auth": b64encode(b"me:secret").decode()}}}
        (folder / "locked.json").write_text(json.dumps(logins), encoding="ascii")
        engine = {
            "registries": {
                "mirrors": [f"http://{stored.address}"],
                "insecure": [stored.address],
                "authorities": [str(locked.ca)],
            },
        }
        keys = {"workspaces": [{"path": str(folder)}]}
        # A first engine fills the mirror, for those that cannot push an image which they did not build.
        with agent("29", (TENANT,), engine=engine) as first:
            name = f"{stored.address}/library/busybox:mirrored"
            done = first.script(TENANT, f"{import_busybox(name)}; docker push -q {name}")
            assert done.code == 0, done.all
        running = stack.enter_context(agent(KINDS[kind], (TENANT,), engine={**engine, "kind": kind}, tenant_keys=keys))
        if kind != "buildkitd":
            done = running.script(TENANT, import_busybox())
            assert done.code == 0, done.all
        words = {
            "REGISTRY": stored.address,
            "LOCKED": locked.address,
            "SOCKET": running.socket(TENANT),
            "PORT": str(_free_port()),
            "DINP": DINP,
            "CONFIG": str(running.folder / "agent.yaml"),
            "PYTHON": sys.executable,
            "TESTCONTAINERS": str(FOLDER.parent / "clients" / "testcontainers_user.py"),
            "PODMAN": str(programs("podman") / "podman"),
            "BUILDCTL": str(programs("buildkitd") / "buildctl"),
            "BUILDX_CONFIG": str(folder / "buildx"),
        }
        yield Scene(kind, running, folder, words)


@pytest.mark.parametrize("use", ALL_USES, ids=lambda use: f"{use.client}-{use.name}"[:60])
def test_use(scene: Scene, use: Use) -> None:
    seen = use.seen[scene.kind]
    words = [f"{name}={value}" for name, value in scene.words.items()]
    done = scene.agent.client(TENANT, "env", *words, "sh", "-euc", f"{_ENVIRONMENT}\n{use.script}", folder=scene.folder)
    assert (done.code == 0) == seen.works, done.all
    assert re.search(seen.shows, done.out + done.err, re.DOTALL | re.MULTILINE), done.all
