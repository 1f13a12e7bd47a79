"""The plan: addresses that collide with nothing, and manifests that agree with it."""

from itertools import combinations

import pytest

from testbed.api import path_of
from testbed.components.coredns import corefile, root_zone
from testbed.manifests import objects
from testbed.plan import DNS_SERVICE, MACHINES, NODES, PODS, REGISTRY_HOST, REGISTRY_PORT, SERVICES, machine


def test_no_two_ranges_overlap() -> None:
    ranges = [PODS, SERVICES, MACHINES[0].address.network]
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))


def test_every_node_has_pods_of_its_own_in_the_range_of_pods() -> None:
    pods = [node.pods for node in NODES]
    assert all(one is not None and one.subnet_of(PODS) for one in pods)
    assert len(set(pods)) == len(NODES)


def test_an_unknown_machine_is_named_together_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"node-9.*control, node-1, node-2"):
        machine("node-9")


def test_the_manifests_agree_with_the_plan() -> None:
    (service,) = (one for one in objects("coredns") if one["kind"] == "Service")
    assert service["spec"]["clusterIP"] == str(DNS_SERVICE)
    for name in ("coredns", "volumes"):
        (workload,) = (one for one in objects(name) if one["kind"] in ("Deployment", "DaemonSet"))
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        assert container["image"].startswith(f"{REGISTRY_HOST}:{REGISTRY_PORT}/bed/")


@pytest.mark.parametrize(
    ("kind", "version", "path"),
    [
        ("StorageClass", "storage.k8s.io/v1", "/apis/storage.k8s.io/v1/storageclasses/x"),
        ("ServiceAccount", "v1", "/api/v1/serviceaccounts/x"),
    ],
)
def test_objects_have_their_place_in_the_api(kind: str, version: str, path: str) -> None:
    assert path_of({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}) == path


def test_cluster_dns_knows_the_registry_under_its_public_names() -> None:
    assert "registry-1.docker.io. 60 IN A 10.200.0.1" in root_zone().splitlines()
    assert "kubernetes cluster.local" in corefile()
