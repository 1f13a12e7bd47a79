"""Volumes of every kind that a topology uses."""

from __future__ import annotations

import pytest

from tests.cluster.kit import Cluster, container, ended, pod, ready


def test_a_host_path_is_the_nodes_own(cluster: Cluster, namespace: str) -> None:
    mount = {"volumeMounts": [{"name": "host", "mountPath": "/host"}]}
    volumes = [{"name": "host", "hostPath": {"path": f"/var/lib/docker/{namespace}", "type": "DirectoryOrCreate"}}]
    seen = {}
    for node in cluster.nodes():
        command = ("sh", "-c", f"echo {node} >> /host/name; cat /host/name")
        one = cluster.run(namespace, pod(node, container("busybox", *command, **mount), nodeName=node, volumes=volumes))
        one.wait(ended)
        seen[node] = one.logs()
    assert seen == {node: f"{node}\n" for node in cluster.nodes()}


def test_an_empty_dir_over_its_limit_is_evicted(cluster: Cluster, namespace: str) -> None:
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    command = ("sh", "-c", "dd if=/dev/zero of=/data/file bs=1M count=20; sleep 3600")
    body = pod(
        "one", container("busybox", *command, **mount), volumes=[{"name": "data", "emptyDir": {"sizeLimit": "4Mi"}}]
    )
    one = cluster.run(namespace, body)
    one.wait(ended, seconds=120)
    status = one.read()["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert 'EmptyDir volume "data" exceeds the limit' in status["message"]


@pytest.mark.bed
def test_a_claim_gets_a_volume_on_the_node_where_its_pod_is(cluster: Cluster, namespace: str) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "cache"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.apply(namespace, claim)
    mount = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}
    volumes = [{"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}}]
    first = cluster.run(
        namespace, pod("first", container("busybox", "sh", "-c", "echo kept > /cache/file", **mount), volumes=volumes)
    )
    first.wait(ended)
    second = cluster.run(namespace, pod("second", container("busybox", "cat", "/cache/file", **mount), volumes=volumes))
    second.wait(ended)
    assert second.logs() == "kept\n"
    assert first.read()["spec"]["nodeName"] == second.read()["spec"]["nodeName"]


@pytest.mark.bed
def test_an_inline_volume_comes_and_goes_with_its_pod(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    restricted = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    more = {"volumeMounts": [{"name": "engine", "mountPath": "/run/engine"}], "securityContext": restricted}
    volumes = [{"name": "engine", "csi": {"driver": "volumes.bed", "volumeAttributes": {"tenant": "team-a"}}}]
    command = ("sh", "-c", "touch /run/engine/mine; exec sleep 3600")
    one = cluster.run(namespace, pod("one", container("busybox", *command, **more), volumes=volumes))
    one.wait(ready)
    assert one.exec("cat", "/run/engine/tenant").out == "team-a"
