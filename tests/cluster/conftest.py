"""Fixtures for tests on a real cluster. See tests/cluster/kit.py for what they give.

- `cluster`: the bed, or the cluster of DINP_TEST_KUBECONFIG (then DINP_TEST_REGISTRY names a registry that it can pull
  from, as HOST:PORT that this machine pushes to, or HOST:PORT=NAME when pods call it something else; images that the
  tests call by a short name are taken from there).
- `namespace`: a namespace of its own for each test, gone afterwards.
- `push_image`: pushes an image to the cluster's registry and returns its reference.
- `run_pod`: creates a pod in the test's namespace.
- `agent_image`, `client_image`: the real agent's image and one for its clients, in the cluster's registry.
- `inject`: pods as `dinp inject` prints them.
- `agent_image_with`, `inject_with`: the same for an engine by its name.

Tests marked `bed` reach onto a node past Kubernetes, or rely on names and parts that only the bed has; on another
cluster they are not selected. docs/contributing/testbed.md lists them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from testbed import host_ports
from testbed.layout import Layout
from testbed.plan import REGISTRY_HOST, REGISTRY_PORT
from tests.cluster.agent_image import agent_reference
from tests.cluster.client_image import client_reference
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, Registry
from tools.oci.image import Image

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every test in this folder is a cluster test; without the bed, those that need it are not selected."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.cluster)
    if "DINP_TEST_KUBECONFIG" in os.environ:
        needing = [item for item in items if item.get_closest_marker("bed")]
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster to test on."""
    found = find_cluster()
    yield found
    found.close()


def find_cluster() -> Cluster:
    """The cluster that the environment names, or else the bed."""
    named = os.environ.get("DINP_TEST_KUBECONFIG")
    if named:
        push, _, name = os.environ.get("DINP_TEST_REGISTRY", "").partition("=")
        host, _, port = push.rpartition(":")
        named_well = bool(host) and port.isdecimal()
        assert named_well, (
            "DINP_TEST_REGISTRY is to name a registry that DINP_TEST_KUBECONFIG's cluster pulls from: HOST:PORT, or"
            " HOST:PORT=NAME when pods call it something else (docs/contributing/testbed.md)"
        )
        return Cluster(Path(named), Registry(host, int(port), name or push), by_name=False)
    layout = Layout.of(os.environ)
    assert layout.kubeconfig.exists(), "there is no cluster: `make test-cluster` brings one up for the tests"
    port = host_ports.read(layout)["registry"]
    return Cluster(layout.kubeconfig, Registry("127.0.0.1", port, f"{REGISTRY_HOST}:{REGISTRY_PORT}"), by_name=True)


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace, named after the test."""
    with new_namespace(cluster, request.node.name) as made:
        yield made


@contextmanager
def new_namespace(cluster: Cluster, words: str) -> Iterator[str]:
    """A namespace that is gone afterwards; what is in it goes in the background."""
    name = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50].strip("-")
    body = client.V1Namespace(metadata=client.V1ObjectMeta(generate_name=f"{name}-"))
    made: str = cluster.core.create_namespace(body).metadata.name
    try:
        yield made
    finally:
        cluster.core.delete_namespace(made, propagation_policy="Background")


@pytest.fixture(scope="session")
def agent_image_with(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """agent_image_with("20.10") -> the agent's image with that engine, built from this checkout once a session."""

    @cache
    def built(engine: str) -> str:
        return agent_reference(cluster, tmp_path_factory.mktemp("agent-image"), engine)

    return built


@pytest.fixture(scope="session")
def agent_image(agent_image_with: Callable[[str], str]) -> str:
    """The agent's image with the newest engine."""
    return agent_image_with("29")


@pytest.fixture(scope="session")
def client_image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with every client."""
    return client_reference(cluster, tmp_path_factory.mktemp("client-image"))


@pytest.fixture
def inject(agent_image: str, cluster: Cluster) -> Injector:
    """inject(pod, "key=value" …) -> the pod as `dinp inject` prints it, with the cluster's registry as mirror."""
    return Injector(cluster, agent_image)


@pytest.fixture
def inject_with(agent_image_with: Callable[[str], str], cluster: Cluster) -> Callable[[str], Injector]:
    """inject_with("20.10") -> the same as `inject`, with that engine."""
    return lambda engine: Injector(cluster, agent_image_with(engine))


@pytest.fixture
def push_image(cluster: Cluster) -> Callable[..., str]:
    """push_image(image, repository, tag="latest") -> reference."""

    def push(image: Image, repository: str, tag: str = "latest") -> str:
        return cluster.registry.push(image, repository, tag)

    return push


@pytest.fixture
def run_pod(cluster: Cluster, namespace: str) -> Callable[[Mapping[str, Any]], Pod]:
    """run_pod(pod(...)) -> Pod, in the test's namespace."""

    def run(body: Mapping[str, Any]) -> Pod:
        return cluster.run(namespace, body)

    return run
