"""A tenant that tries everything, beside a tenant that minds its own business: the table of attempts, and after it."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.boundary.all_attempts import ALL_ATTEMPTS
from tests.boundary.attempt import KINDS, Attempt, Where
from tests.boundary.scene import ATTACKER, OTHER, Scene, scene_with
from tests.support.engines import VERSIONS

WITH_CONTAINERS = (*VERSIONS, "podman")
ALL = (*WITH_CONTAINERS, "buildkitd")
"""What the tests call an engine."""

IN_ENGINES = [attempt for attempt in ALL_ATTEMPTS if attempt.where is Where.ENGINE]
WITH_AN_API = [attempt for attempt in ALL_ATTEMPTS if attempt.where is not Where.ENGINE]


@pytest.fixture(scope="module")
def scene(engine: str) -> Iterator[Scene]:
    with scene_with(engine) as made:
        yield made


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("attempt", IN_ENGINES, ids=lambda attempt: attempt.name[:60])
@pytest.mark.parametrize("engine", ALL, indirect=True)
def test_attempt_in_an_engines_namespaces(scene: Scene, attempt: Attempt) -> None:
    fails(scene, attempt)


@pytest.mark.parametrize("attempt", WITH_AN_API, ids=lambda attempt: attempt.name[:60])
@pytest.mark.parametrize("engine", WITH_CONTAINERS, indirect=True)
def test_attempt_by_the_docker_api(scene: Scene, attempt: Attempt) -> None:
    fails(scene, attempt)


def fails(scene: Scene, attempt: Attempt) -> None:
    """Nothing comes out of an attempt but what the table says."""
    assert scene.kind in KINDS[attempt.where]
    done = scene.attempts(attempt)
    said = done.out + done.err
    assert scene.planted.secret not in said
    assert re.search(attempt.shows, said, re.DOTALL | re.MULTILINE), done.all
    succeeded = [line.removeprefix("done: ") for line in said.splitlines() if line.startswith("done: ")]
    assert [line for line in succeeded if not line.startswith(attempt.allowed or ("\0",))] == [], done.all
    assert scene.planted.unharmed()
    assert scene.other_serves()


@pytest.mark.parametrize("engine", ALL, indirect=True)
@pytest.mark.usefixtures("scene")
def test_afterwards_the_machine_is_as_it_was() -> None:
    assert not list(Path("/").glob("dinp-was-here"))
    for folder in ("/usr", "/usr/bin", "/bin", "/etc/ssl", "/etc/alternatives", "/etc", "/root", "/tmp"):
        assert not (Path(folder) / "dinp-was-here").exists()
    assert "taken-over" not in socket.gethostname()
    assert "dinpevil" not in [entry.name for entry in Path("/proc/sys/fs/binfmt_misc").iterdir()]


@pytest.mark.parametrize("engine", WITH_CONTAINERS, indirect=True)
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


@pytest.mark.parametrize("engine", WITH_CONTAINERS, indirect=True)
def test_two_tenants_with_the_same_names_see_nothing_of_each_other(scene: Scene) -> None:
    same = "docker run -d --name shared busybox sleep 1000 >/dev/null; docker volume create shared >/dev/null"
    assert scene.agent.script(ATTACKER, same).code == 0
    for words in ("ps -a --no-trunc", "volume ls", "image ls --no-trunc", "network ls --no-trunc"):
        mine, theirs = (scene.agent.docker(name, *words.split()).out.splitlines()[1:] for name in (ATTACKER, OTHER))
        assert mine
        assert theirs
        if not words.startswith(("image", "volume")):  # those have names, or digests of the same content
            assert not numbers(mine) & numbers(theirs)
    assert scene.agent.docker(ATTACKER, "run", "--rm", "-v", "shared:/v", "busybox", "ls", "-A", "/v").out == ""
    assert scene.agent.docker(ATTACKER, "rm", "-f", "shared").code == 0
    assert scene.other_serves()


PODMANS_NETWORK = "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9"
"""The number of podman's default network, on every machine."""


def numbers(lines: list[str]) -> set[str]:
    """What things are called by the engine itself."""
    return {line.split()[0] for line in lines} - {PODMANS_NETWORK}
