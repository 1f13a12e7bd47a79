"""What may be a workspace: nothing of the engine's is covered, nothing of dinp's is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.workspace_check import OwnPlaces, trespass, trespass_of_link

TREE = ISOLATIONS[IsolationKind.USERNS].own_tree(EngineKind.DOCKERD)
OWN = OwnPlaces(TREE, ("/var/lib/dinp",), ("/srv/sockets/docker.sock",))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "contains /var/lib/dinp, where dinp keeps its state"),
        ("/var/lib", "contains /var/lib/dinp, where dinp keeps its state"),
        ("/var/lib/dinp", "is where dinp keeps its state"),
        ("/var/lib/dinp/runs/1/data", "lies in /var/lib/dinp, where dinp keeps its state"),
        ("/srv/sockets", "contains /srv/sockets/docker.sock, a socket of dinp's"),
        ("/var/lib/docker", "is a place of the engine's own"),
        ("/var/lib/docker/tmp", "lies in /var/lib/docker, a place of the engine's own"),
        ("/var/run/docker/x", "lies in /run/docker, a place of the engine's own"),
        ("/etc", "contains /etc/"),
        ("/etc/docker", "is a place of the engine's own"),
        ("/proc/self/cwd", "lies in /proc, a place of the engine's own"),
        ("/usr", "is a place of the engine's own"),
        ("/nix", "contains /nix/store, a place of the engine's own"),
    ],
)
def test_what_is_refused(path: str, words: str) -> None:
    assert trespass(path, OWN).startswith(words)


@pytest.mark.parametrize(
    "path",
    [
        "/home/ci/project",
        "/srv",
        "/srv/work",
        "/tmp",
        "/root",
        "/usr/src/app",
        "/etc/nginx",
        "/dev/shm/build",
        "/run/x",
    ],
)
def test_what_may_be_one(path: str) -> None:
    assert trespass(path, OwnPlaces(TREE, ("/var/lib/dinp",))) == ""


def test_an_engine_that_has_something_of_its_own_there_comes_first() -> None:
    podman = OwnPlaces(ISOLATIONS[IsolationKind.USERNS].own_tree(EngineKind.PODMAN))
    assert trespass("/var/tmp/build", OWN) == ""
    assert trespass("/var/tmp/build", podman) == "lies in /var/lib/docker, a place of the engine's own"


def test_a_volume_would_hide_programs_of_the_image_that_the_machines_own_directory_shows() -> None:
    assert trespass("/usr/src/app", OWN, other_content=True) == "lies in /usr, a place of the engine's own"


def test_a_link_is_followed() -> None:
    words = "leads to /var/lib, which contains /var/lib/dinp, where dinp keeps its state"
    assert trespass_of_link("/srv/data", "/var/lib", OWN) == words
    assert trespass_of_link("/srv/data", "/mnt/data", OWN) == ""


@pytest.mark.parametrize("kind", [IsolationKind.ROOTLESS, IsolationKind.ROOTFUL])
def test_an_engine_that_sees_the_agents_tree_mounts_no_workspace(kind: IsolationKind) -> None:
    assert trespass("/", OwnPlaces(ISOLATIONS[kind].own_tree(EngineKind.DOCKERD), ("/var/lib/dinp",))) == ""


@given(st.sampled_from([step.target for step in TREE]), st.integers(0, 9))
def test_no_parent_of_anything_in_the_tree_may_be_one(target: str, depth: int) -> None:
    parent = "/".join(target.split("/")[: depth + 1]) or "/"
    assert trespass(parent, OWN)
