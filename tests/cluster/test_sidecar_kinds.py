"""Sidecars whose engine is podman or buildkitd, with an image of the agent that has these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, exit_of, pod, terminated
from tools.provision.images import native

Run = Callable[[Mapping[str, Any]], Pod]

DOCKERFILE = 'FROM busybox\\nRUN echo made in a build > /made\\nCMD ["cat", "/made"]\\n'
PREPARE = f"mkdir /w; cd /w; printf '{DOCKERFILE}' > Dockerfile; "


@pytest.fixture(params=["podman", "buildkitd"])
def kind(request: pytest.FixtureRequest) -> str:
    """The engine's."""
    return str(request.param)


SCRIPTS = {
    "podman": PREPARE + "DOCKER_BUILDKIT=0 docker build -q -t built . >/dev/null; docker run built; env | grep _HOST=",
    "buildkitd": PREPARE + "docker buildx create --name dinp --driver remote $BUILDKIT_HOST;"
    " docker buildx --builder dinp build -o type=local,dest=out . && cat out/made; env | grep _HOST=",
}
ADDRESS = {"podman": "CONTAINER_HOST", "buildkitd": "BUILDKIT_HOST"}


def test_an_image_is_built(
    cluster: Cluster, client_image: str, run_pod: Run, kind: str, agent_image_with: Callable[[str], str]
) -> None:
    image = agent_image_with(kind)
    body = pod("client", container(client_image, "sh", "-euc", SCRIPTS[kind]))
    running = run_pod(Injector(cluster, image)(body, f"engine.kind={kind}"))
    running.wait(terminated("main"), 180)
    said = running.logs("main")
    assert "made in a build" in said, running.evidence()
    assert f"{ADDRESS[kind]}=unix:///run/dinp/docker.sock" in said


def test_an_image_is_built_and_pushed_without_privilege(
    cluster: Cluster, client_image: str, run_pod: Run, namespace: str, agent_image_with: Callable[[str], str]
) -> None:
    image = agent_image_with("buildkitd")
    name = f"{cluster.registry.name}/tests/built:{namespace}"
    script = (
        f"{PREPARE} docker buildx create --name dinp --driver remote $BUILDKIT_HOST;"
        " printf 'RUN echo $(ls -d /proc/[0-9]* | wc -l) processes\\n' >> Dockerfile;"
        f" docker buildx --builder dinp build --progress plain --push -t {name} ."
    )
    body = Injector(cluster, image)(
        pod("client", container(client_image, "sh", "-euc", script)),
        "engine.kind=buildkitd",
        "engine.isolation=rootless",
    )
    assert "privileged" not in body["spec"]["initContainers"][0]["securityContext"]
    running = run_pod(body)
    running.wait(terminated("main"), 180)
    said = running.logs("main")
    assert exit_of(running.read())["exitCode"] == 0, said + running.evidence()
    assert native() in cluster.registry.platforms("tests/built", namespace), said
    assert re.search(r" [234] processes$", said, re.MULTILINE), said  # its own, not the builder's
