"""The table of engine kinds, cell by cell, on real engines."""

import json
import os
import re
import shutil
import sys
import tarfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from tests.support.ordinary_user import OrdinaryUser
from tests.support.ports import unused_port
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


def named(use: Use) -> str:
    """For the name of a test."""
    return f"{use.client}-{use.name}"[:60]


@pytest.fixture(scope="module", params=KINDS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene_with(str(request.param), tmp_path_factory.mktemp) as made:
        yield made


@contextmanager
def scene_with(kind: str, new_folder: Callable[[str], Path], user: OrdinaryUser | None = None) -> Iterator[Scene]:
    """A tenant with registries; with `user` the agent is that user's, who has to see what is in new folders."""
    folder = new_folder("w")
    furnish(folder)
    store = Path(os.environ["DINP_TOOLS"]) / "docker-registry"
    with ExitStack() as stack:
        host = own_address()
        stored = stack.enter_context(registry(store, new_folder("r"), host=host))
        locked = stack.enter_context(registry(store, new_folder("l"), tls=True, users={"me": "secret"}, host=host))
        logins = {"auths": {locked.address: {"auth": b64encode(b"me:secret").decode()}}}
        (folder / "locked.json").write_text(json.dumps(logins), encoding="ascii")
        engine: dict[str, object] = {
            "registries": {
                "mirrors": [f"http://{stored.address}"],
                "insecure": [stored.address],
                "authorities": [str(shutil.copy(locked.ca, folder / "authority.pem"))],
            },
        }
        keys = {"workspaces": [{"path": str(folder)}]}
        # A first engine fills the mirror, for those that cannot push an image which they did not build.
        with agent("29", (TENANT,), engine=engine) as first:
            name = f"{stored.address}/library/busybox:mirrored"
            done = first.script(TENANT, f"{import_busybox(name)}; docker push -q {name}")
            assert done.code == 0, done.all
        engine |= {"kind": kind, "isolation": "userns" if user is None else "rootless"}
        running = stack.enter_context(agent(KINDS[kind], (TENANT,), engine=engine, tenant_keys=keys, user=user))
        if kind != "buildkitd":
            done = running.script(TENANT, import_busybox())
            assert done.code == 0, done.all
        words = {
            "REGISTRY": stored.address,
            "LOCKED": locked.address,
            "SOCKET": running.socket(TENANT),
            "PORT": str(unused_port()),
            "DINP": DINP,
            "CONFIG": str(running.folder / "agent.yaml"),
            "PYTHON": sys.executable,
            "TESTCONTAINERS": str(FOLDER.parent / "clients" / "testcontainers_user.py"),
            "PODMAN": str(programs("podman") / "podman"),
            "BUILDCTL": str(programs("buildkitd") / "buildctl"),
            "BUILDX_CONFIG": str(folder / "buildx"),
        }
        yield Scene(kind, running, folder, words)


@pytest.mark.parametrize("use", ALL_USES, ids=named)
def test_use(scene: Scene, use: Use) -> None:
    try_use(scene, use)


def try_use(scene: Scene, use: Use) -> None:
    """Have a tenant do it, and see whether it comes out as the table says."""
    seen = use.seen[scene.kind]
    words = [f"{name}={value}" for name, value in scene.words.items()]
    done = scene.agent.client(TENANT, "env", *words, "sh", "-euc", f"{_ENVIRONMENT}\n{use.script}", folder=scene.folder)
    assert (done.code == 0) == seen.works, done.all
    assert re.search(seen.shows, done.out + done.err, re.DOTALL | re.MULTILINE), done.all
