"""Sidecars whose state is on a claim: a volume that is root's, as most drivers make them, and what stays in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.cluster import nodes
from tests.cluster.injected import AGENT, agent_status, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, PodObject, terminated

pytestmark = pytest.mark.bed

Run = Callable[[Mapping[str, Any]], Pod]
CLAIM = "cache"
BUILD = (
    r"printf 'FROM busybox\nRUN mkdir /made && touch /made/file && chgrp 8 /made/file\n' | docker build -q -t made -"
)
LOOK = "docker run --rm made stat -c '%a %g %n' / /made /made/file"
KEPT = "755 0 /\n755 0 /made\n644 8 /made/file\n"
ON_CLAIM = ("storage.kind=persistentVolumeClaim", f"storage.claim={CLAIM}")


@pytest.fixture
def claim(cluster: Cluster, namespace: str) -> Iterator[str]:
    """A claim of this name on a volume whose directory only root may write to; volume and directory go afterwards."""
    node = nodes.handles()[0]
    folder = f"/var/lib/kubelet/bed-volumes/{namespace}"
    nodes.on(node, "install", "--directory", "--mode=0755", "--owner=0", "--group=0", folder)
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node.name]}
    common = {"storageClassName": "", "accessModes": ["ReadWriteOnce"]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": namespace},
        "spec": {
            **common,
            "capacity": {"storage": "1Gi"},
            "local": {"path": folder},
            "claimRef": {"namespace": namespace, "name": CLAIM},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
    wanted = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CLAIM},
        "spec": {**common, "volumeName": namespace, "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.apply(namespace, volume, wanted)
    yield CLAIM
    cluster.kubectl("delete", "--namespace", namespace, "--all", "--force", "--grace-period=0", "pods")
    cluster.kubectl("delete", "--namespace", namespace, "pvc", CLAIM)
    cluster.kubectl("delete", "pv", namespace)
    nodes.on(node, "rm", "-rf", folder)


@pytest.mark.usefixtures("claim")
@pytest.mark.parametrize("isolation", ["rootless", "userns"])
def test_the_next_pod_finds_the_cache_as_it_was(inject: Injector, run_pod: Run, isolation: str) -> None:
    """Groups and modes of files of images are what they were: kubelet has not gone through all of them."""
    settings = (*ON_CLAIM, f"engine.isolation={isolation}")
    first = run_pod(inject(client_pod(f"{BUILD} && {LOOK}"), *settings))
    first.wait(terminated("main"), 120)
    assert first.logs("main").endswith(KEPT), first.evidence()
    first.delete()
    body = client_pod(LOOK)
    body["metadata"]["name"] = "second"
    second = run_pod(inject(body, *settings))
    second.wait(terminated("main"), 120)
    assert second.logs("main") == KEPT, second.evidence()


def agent_failed(body: PodObject) -> str | None:
    """The agent's container has ended."""
    status = agent_status(body)
    states = (status.get("state", {}), status.get("lastState", {}))
    return None if any("terminated" in each for each in states) else "the agent runs"


@pytest.mark.usefixtures("claim")
def test_without_the_group_a_rootless_agent_says_what_is_missing(inject: Injector, run_pod: Run) -> None:
    body = inject(client_pod("true"), *ON_CLAIM, "engine.isolation=rootless")
    del body["spec"]["securityContext"]
    running = run_pod(body)
    running.wait(agent_failed, 60)
    said = running.logs(AGENT) or running.logs(AGENT, previous=True)
    assert "The state directory /var/lib/dinp is not for user 1000 to write to." in said, running.evidence()
