"""What the known recipes really do, on both engine versions, exactly as they are written.

Each outcome is compared with the table below, and with its seconds it goes to .cluster/known-recipes.json, from which
`python -m tests.cluster.known_recipes` makes the table in the docs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.images.build import give_names
from testbed.images.recipes import OTHER_NAMES, engine_names
from tests.cluster import known_recipes, nodes
from tests.cluster.kit import Cluster
from tests.cluster.measure import measure
from tests.cluster.seeds import ENGINES, RECIPES, Recipe
from tools.oci.registry_client import RegistryClient

pytestmark = pytest.mark.bed
FAILURES = {
    # The nodes' /run is the pod's too: dockerd 20.10 finds the node's own containerd there and gives it containers
    # whose file systems only the pod can see; 29 does the same with its image store.
    "daemonset-hostpath-socket": {
        "20.10": "invalid rootfs",
        "29": "lstat /var/lib/containerd: no such file or directory",
    },
    # No node has a Docker of its own any more.
    "pod-dood-1.12": dict.fromkeys(ENGINES, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock"),
}
NAMESPACE = "default"  # some recipes name it themselves


@pytest.fixture(scope="module")
def other_images() -> None:
    """What the recipes need besides engines, on the nodes already."""
    nodes.have_images([*OTHER_NAMES, "library/httpd:latest", "library/busybox:latest"])


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    """Let the names that the recipes use lead to engines of one version, and have the images on the nodes already."""
    version: str = request.param
    give_names(RegistryClient(cluster.registry.push_host, cluster.registry.push_port), engine_names(version))
    nodes.have_images(engine_names(version))
    return version


@pytest.fixture
def clean(cluster: Cluster) -> Iterator[None]:
    """Nodes without a trace of an earlier recipe."""
    yield
    cluster.kubectl(
        "delete", "--namespace", NAMESPACE, "--all", "--force", "--grace-period=0", "daemonsets,deployments,pods"
    )
    cluster.kubectl("delete", "--namespace", NAMESPACE, "--ignore-not-found", "service", "dinp-deployment")
    nodes.forget_docker()


@pytest.mark.usefixtures("other_images", "clean")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_known_recipe_does_what_the_table_says(cluster: Cluster, engine: str, recipe: Recipe) -> None:
    cluster.wait_for_service_account(NAMESPACE)
    outcome = measure(cluster, NAMESPACE, recipe, engine)
    known_recipes.record(known_recipes.MEASURED, outcome)
    failure = FAILURES.get(recipe.name, {}).get(engine)
    if failure is None:
        assert outcome.works, outcome
    else:
        assert failure in outcome.message, outcome
