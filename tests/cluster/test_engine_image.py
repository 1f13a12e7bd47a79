"""The image that stands in for `docker:*-dind` starts dockerd as that one's entrypoint does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.kit import Cluster, container, exit_of, pod, terminated

PLAIN = {"name": "DOCKER_TLS_CERTDIR", "value": ""}
"""The image, as the one it stands in for, speaks TLS unless told otherwise."""

UNTIL_IT_ANSWERS = "until docker version >/dev/null 2>&1; do :; done; docker version -f '{{.Server.Version}}'; "


@pytest.fixture(params=["20.10", "29"])
def version(request: pytest.FixtureRequest) -> str:
    """Of dockerd in the image."""
    return str(request.param)


def run(cluster: Cluster, namespace: str, engine: dict[str, Any], script: str, **client: Any) -> str:
    """What a client says that runs a script beside the engine, in one pod."""
    one = cluster.run(
        namespace,
        pod(
            "one",
            container("docker:stable", "docker-entrypoint.sh", "sh", "-c", UNTIL_IT_ANSWERS + script, **client),
            {"securityContext": {"privileged": True}, "imagePullPolicy": "IfNotPresent", "name": "engine", **engine},
            volumes=[{"name": "certificates", "emptyDir": {}}],
            hostAliases=[{"ip": "127.0.0.1", "hostnames": ["docker"]}],
        ),
    )
    one.wait(terminated(), 90)
    said = one.logs("main")
    assert exit_of(one.read())["exitCode"] == 0, one.evidence()
    return said


def test_with_a_directory_for_certificates_it_speaks_tls(cluster: Cluster, namespace: str, version: str) -> None:
    mount = {"volumeMounts": [{"name": "certificates", "mountPath": "/certs"}]}
    environment = [{"name": "DOCKER_TLS_CERTDIR", "value": "/certs"}]
    engine = {"image": cluster.image(f"bed/engine:{version}"), "env": environment, **mount}
    refused = "! env -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH docker version 2>&1"
    said = run(
        cluster, namespace, engine, refused, **mount,
        env=[*environment, {"name": "DOCKER_HOST", "value": "tcp://docker:2376"},
             {"name": "DOCKER_TLS_VERIFY", "value": "1"}, {"name": "DOCKER_CERT_PATH", "value": "/certs/client"}],
    )  # fmt: skip
    assert said.startswith(f"{version}."), said
    assert "Client sent an HTTP request to an HTTPS server" in said, said


def test_without_one_it_speaks_plain_tcp_and_takes_options(cluster: Cluster, namespace: str, version: str) -> None:
    engine = {"image": cluster.image(f"bed/engine:{version}"), "args": ["--label", "by=option"], "env": [PLAIN]}
    host = [{"name": "DOCKER_HOST", "value": "tcp://docker:2375"}]
    said = run(cluster, namespace, engine, "docker info -f '{{.Labels}}'", env=host)
    assert said.startswith(f"{version}."), said
    assert "[by=option]" in said


def test_dockerd_as_the_first_argument_is_taken_as_given(cluster: Cluster, namespace: str, version: str) -> None:
    engine = {"image": cluster.image(f"bed/engine:{version}"), "args": ["dockerd", "-H", "tcp://127.0.0.1:4000"]}
    host = [{"name": "DOCKER_HOST", "value": "tcp://127.0.0.1:4000"}]
    script = "! docker -H tcp://127.0.0.1:2375 version >/dev/null 2>&1 && echo nothing else"
    said = run(cluster, namespace, engine, script, env=host)
    assert "nothing else" in said


def test_rootless_is_an_ordinary_user(cluster: Cluster, namespace: str, version: str) -> None:
    engine = {
        "image": cluster.image(f"bed/engine:{version}-rootless"),
        "env": [PLAIN],
    }
    host = [{"name": "DOCKER_HOST", "value": "tcp://docker:2375"}]
    said = run(cluster, namespace, engine, "docker info -f '{{.SecurityOptions}}'", env=host)
    assert "rootless" in said, said
