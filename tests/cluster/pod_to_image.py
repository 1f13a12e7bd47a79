"""`make bench-cluster`: from the creation of a pod to an image that was built, known recipes beside dinp's sidecar.

Both sides run alternately in one go, with engines of the same version and with the images on the nodes already, and
the page docs/pod-to-image.md is written anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kubernetes import client

from benchmarks.tables import Better, Measured, Table, markdown
from dinp.model.annotations import SOCKET_VOLUME
from testbed.images.build import give_names
from testbed.images.recipes import OTHER_NAMES, engine_names
from tests.cluster import nodes
from tests.cluster.agent_image import agent_reference
from tests.cluster.conftest import find_cluster
from tests.cluster.injected import AGENT
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, container, pod
from tests.cluster.measure import Outcome, measure
from tests.cluster.seeds import ENGINES, RECIPES, Recipe
from tools.oci.registry_client import RegistryClient

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "pod-to-image.md"
REFERENCE = "sidecar-unix-socket"
DOORS = {REFERENCE: ("dind", "cache-dir"), "sidecar-tcp-rootless": None}
SEEDS = tuple(replace(recipe, door=DOORS[recipe.name]) for recipe in RECIPES if recipe.name in DOORS)
SHARED = {"volumeMounts": [{"name": "run", "mountPath": "/run/engine"}]}
SOCKET = "unix:///run/engine/docker.sock"
BY_HAND = pod(
    "client",
    container("docker:stable", "sleep", "3600", env=[{"name": "DOCKER_HOST", "value": SOCKET}], **SHARED),
    initContainers=[
        container(
            "docker:stable-dind", "dockerd", f"--host={SOCKET}", name="engine", restartPolicy="Always",
            securityContext={"privileged": True}, env=[{"name": "DOCKER_HOST", "value": SOCKET}],
            startupProbe={"exec": {"command": ["docker", "version"]}, "periodSeconds": 1, "failureThreshold": 60},
            volumeMounts=[*SHARED["volumeMounts"], {"name": "data", "mountPath": "/var/lib/docker"}],
        )
    ],
    volumes=[{"name": "run", "emptyDir": {}}, {"name": "data", "emptyDir": {}}],
)  # fmt: skip
"""What somebody who knows all of Kubernetes and dockerd would write."""
OURS: Mapping[str, tuple[str, ...]] = {
    "dinp sidecar, native": ("form=native",),
    "dinp sidecar, plain container": ("form=container",),
    "dinp sidecar, native, TLS": ("form=native", "endpoint.kind=tls"),
}


def sides(cluster: Cluster, agent: str) -> list[Recipe]:
    """The known sidecars as they are written, and a job like theirs that `dinp inject` has given a sidecar."""
    inject = Injector(cluster, agent)
    job = pod("client", container("docker:stable", "sleep", "3600"))
    by_hand = Recipe("by hand", (), own_client=BY_HAND, door=("engine", "run"))
    ours = [
        Recipe(name, (), own_client=inject(job, *settings), door=(AGENT, SOCKET_VOLUME))
        for name, settings in OURS.items()
    ]
    return [*SEEDS, by_hand, *ours]


@contextmanager
def namespace(cluster: Cluster) -> Any:
    """A namespace for one measurement, which is gone, pods included, before the next one begins."""
    body = client.V1Namespace(metadata=client.V1ObjectMeta(generate_name="pod-to-image-"))
    name = cluster.core.create_namespace(body).metadata.name
    try:
        cluster.wait_for_service_account(name)
        yield name
    finally:
        cluster.kubectl("delete", "--namespace", name, "--all", "--force", "--grace-period=0", "pods")
        cluster.kubectl("delete", "namespace", name)


def run(cluster: Cluster, rounds: int) -> list[Outcome]:
    """Everything, alternately."""
    found: list[Outcome] = []
    for version in ENGINES:
        registry = cluster.registry
        give_names(RegistryClient(registry.push_host, registry.push_port), engine_names(version))
        nodes.have_images([*engine_names(version), *OTHER_NAMES, "library/busybox:latest"])
        with tempfile.TemporaryDirectory(prefix="dinp-image-") as scratch:
            agent = agent_reference(cluster, Path(scratch), version)
        nodes.have_references([agent])
        for number in range(rounds):
            for recipe in sides(cluster, agent):
                with namespace(cluster) as name:
                    found.append(measure(cluster, name, recipe, version))
                sys.stderr.write(f"{version} round {number + 1}: {found[-1]}\n")
    return found


def table(title: str, how: str, samples: Mapping[tuple[str, str], tuple[float, ...]], unit: str = "s") -> Table:
    """The samples by (engine, side), relative to the recipe that is most like ours."""
    rows = tuple(Measured(f"dockerd {engine}", side, values) for (engine, side), values in samples.items())
    return Table(title, how, unit, Better.LESS, REFERENCE, rows)


def tables(outcomes: list[Outcome]) -> list[Table]:
    """Docker usable, and image built; what did not come to it has no sample, and is told below the tables."""
    usable: dict[tuple[str, str], tuple[float, ...]] = {}
    built: dict[tuple[str, str], tuple[float, ...]] = {}
    opened: dict[tuple[str, str], tuple[float, ...]] = {}
    for one in outcomes:
        key = (one.engine, one.recipe)
        if one.docker_usable is not None:
            usable[key] = (*usable.get(key, ()), one.docker_usable)
        if one.image_built is not None:
            built[key] = (*built.get(key, ()), one.image_built)
        if one.socket_open is not None:
            opened[key] = (*opened.get(key, ()), one.socket_open * 1000)
    counted = "Seconds from the moment at which the API server has taken the pod"
    return [
        table("Docker is usable", f"{counted}, to the first `docker info` that is answered.", usable),
        table("An image was built", f"{counted}, to the end of a build and of a container of what was built.", built),
        table("The socket is open", OPENED, opened, "ms"),
    ]


def page(outcomes: list[Outcome], rounds: int) -> str:
    """docs/pod-to-image.md."""
    lines = [*HEAD, f"This run: {rounds} rounds, {len(os.sched_getaffinity(0))} cores for all nodes together.", ""]
    lines += [markdown(one) for one in tables(outcomes)]
    failures = [f"- {one.engine}, {one.recipe}: {one.message}" for one in outcomes if not one.works]
    return "\n".join([*lines, *(["## Did not work", "", *failures, ""] if failures else [])])


OPENED = (
    "Milliseconds from the execution of the first program in the container that opens the socket, to the moment at"
    " which clients find `docker.sock`: by the node's own files (`tests/cluster/socket_time.py`). Recipes without a"
    " socket in a volume have no row. An open socket is not yet an engine: dockerd 20.10 opens its own and then waits"
    " all the same before it answers; in dinp's it is the first command that is waited for."
)

HEAD = (
    "# From a pod to an image",
    "",
    "`make bench-cluster` measures this on [the test bed](contributing/testbed.md) and writes this page anew; what",
    "stands here is what came out, rows in which dinp loses included. The known recipes are applied exactly as they",
    "are written (`tests/seeds/`); dinp's pods are a job like theirs, given a sidecar by `dinp inject`. One after the",
    "other, in alternation, with engines of the same version, and with the images on the nodes already.",
    "",
    "The known recipes lose most of their time in dockerd, which waits 16 s before it listens on TCP without TLS. In",
    "dinp's sidecar the socket is open before the client's container starts, and the engine starts with the first",
    "command already in its queue. With TLS the agent's hook issues certificates while the sockets are opened. *By",
    "hand* is the best that can be written without dinp: a native sidecar with a unix socket only, behind a startup",
    "probe once a second.",
    "",
)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.pod_to_image", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="samples of each side")
    options = parser.parse_args()
    cluster = find_cluster()
    try:
        PAGE.write_text(page(run(cluster, options.rounds), options.rounds), encoding="utf-8")
    finally:
        cluster.close()


if __name__ == "__main__":
    main()
