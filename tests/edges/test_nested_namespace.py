"""Preflight for an agent that is itself in a user namespace, as in a pod with hostUsers: false."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.agent.preflight import preflight
from dinp.edges.linux_syscalls import CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER, prctl, setns, unshare
from dinp.edges.node_probe import probe_node
from dinp.edges.user_namespaces import make_user_namespace
from dinp.model.engine_spec import EngineSpec
from dinp.model.id_range import IdRange
from dinp.model.problem import WorldRefusedError
from dinp.model.value import replace

PR_SET_DUMPABLE = 4
POD_IDS = IdRange(305_070_080)
NAMES = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc", "iptables", "nft")


@pytest.fixture
def volume() -> Iterator[Path]:
    """A directory of the pod's root, on tmpfs."""
    path = Path("/dev/shm") / f"dinp-nested-{os.getpid()}"
    path.mkdir()
    os.chown(path, POD_IDS.first, POD_IDS.first)
    yield path
    shutil.rmtree(path)


def outcome(volume: str, workspaces: tuple[str, ...]) -> list[object]:
    facts = probe_node(volume, workspaces=workspaces)
    facts = replace(facts, programs=tuple((name, f"/usr/bin/{name}") for name in NAMES))
    try:
        choices = preflight(facts, EngineSpec(), workspaces)
    except WorldRefusedError as refused:
        return [str(problem) for problem in refused.problems]
    if choices.not_shifted:
        return [str(problem) for _, problem in choices.not_shifted]
    return [choices.isolation.value, choices.storage_driver, choices.shift_ids]


def inside_a_pod(volume: Path, workspaces: tuple[str, ...]) -> list[object]:
    """What preflight says in a child that is root of a user namespace of 65536 ids."""
    outcome(str(volume), workspaces)  # imports all that it takes: in there the interpreter's files may be nobody's
    namespace = make_user_namespace(POD_IDS)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            setns(namespace, CLONE_NEWUSER)
            os.setgroups([])
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
            # Changing ids hides the own files of /proc, id maps of children included, as an exec would not.
            prctl(PR_SET_DUMPABLE, 1)
            unshare(CLONE_NEWNS | CLONE_NEWNET)
            os.write(write, json.dumps(outcome(str(volume), workspaces)).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.close(namespace)
    with open(read, "rb") as answer:
        said = answer.read()
    os.waitpid(pid, 0)
    parsed: list[object] = json.loads(said)
    return parsed


def test_a_tenant_gets_a_namespace_inside_the_pods(volume: Path) -> None:
    assert inside_a_pod(volume, ()) == ["userns", "overlay2", False]


def test_a_workspace_is_refused_with_the_way_out(volume: Path) -> None:
    (problem,) = inside_a_pod(volume, (str(volume),))
    assert "the agent is itself in a user namespace (hostUsers: false)" in str(problem)
    assert "Set engine.isolation to rootless" in str(problem)
