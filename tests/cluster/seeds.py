"""The known recipes of tests/seeds, and how a job uses each: as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kit import container, pod

SEEDS = Path(__file__).parent.parent / "seeds"
ENGINES = ("20.10", "29")


@dataclass(frozen=True)
class Recipe:
    """A recipe: `files` are applied as they are; then a job's commands run in `client` (pod name or label, container).

    `own_client` is a client that the recipe leaves to its reader: DOCKER_HOST as its pipelines mean it.
    `runs_by_itself`: the client container's command is the job; nothing is executed in it.
    `door`: the container whose docker.sock is measured, and the emptyDir of the pod that it lies in.
    """

    name: str
    files: tuple[str, ...]
    client: tuple[str, str] = ("client", "main")
    own_client: Mapping[str, Any] | None = None
    engine_selector: str = ""
    runs_by_itself: bool = False
    door: tuple[str, str] | None = None


HOST_IP = {"name": "HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}


def client_of(docker_host: str) -> Mapping[str, Any]:
    """A pod whose docker goes to this address, without TLS."""
    env = [HOST_IP, {"name": "DOCKER_HOST", "value": docker_host}, {"name": "DOCKER_TLS_VERIFY", "value": ""}]
    return pod("client", container("docker:20.10.12", "sleep", "3600", env=env))


RECIPES = (
    Recipe("sidecar-unix-socket", ("sidecar-unix-socket.yaml",), ("clean-ci", "clean-ci")),
    Recipe("sidecar-tcp-rootless", ("sidecar-tcp-rootless.yaml",), ("dinp-sidecar", "debug")),
    Recipe(
        "daemonset-hostpath-socket", ("daemonset-hostpath-socket.yaml", "client-hostpath-socket.yaml"),
        ("clean-ci", "clean-ci"), engine_selector="app=docker-ci",
    ),
    Recipe(
        "daemonset-hostnetwork-tcp", ("daemonset-hostnetwork-tcp.yaml",),
        own_client=client_of("tcp://$(HOST_IP):2375"), engine_selector="name=dinp-daemonset",
    ),
    Recipe(
        "deployment-service-tcp", ("deployment-service-tcp.yaml",),
        own_client=client_of("tcp://dinp-deployment:2375"), engine_selector="name=dinp-deployment",
    ),
    Recipe("pod-dind-1.12", ("pod-dind-1.12.yaml",), ("dind", "docker-cmds"), runs_by_itself=True),
    Recipe("pod-dood-1.12", ("pod-dood-1.12.yaml",), ("dood", "docker-cmds"), runs_by_itself=True),
)  # fmt: skip

PIPELINES = ("Jenkinsfile.daemonset", "Jenkinsfile.deployment", "Jenkinsfile.host-socket", "Jenkinsfile.sidecar")
JENKINS_ENVIRONMENT = {
    "JENKINS_POD_IMAGE_NAME": "golang:1.17-buster",
    "JENKINS_SECRET": "secret",
    "JENKINS_NAME": "agent",
}


def pod_template(pipeline: str) -> str:
    """The YAML inside a Jenkinsfile's podTemplate, as Groovy would pass it on: \\$ is $, and ${NAME} the value."""
    text = (SEEDS / pipeline).read_text()
    found = re.search(r'yaml: """\n(.*?)"""', text, flags=re.DOTALL)
    assert found is not None, f"{pipeline} has no pod template"
    filled = re.sub(r"(?<!\\)\$\{(\w+)\}", lambda name: JENKINS_ENVIRONMENT[name.group(1)], found.group(1))
    return filled.replace(r"\$", "$")
