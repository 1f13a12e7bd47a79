"""The pod templates of the known Jenkinsfiles: what Kubernetes makes of them, and what `docker build` says in them."""

from __future__ import annotations

import pytest
import yaml

from tests.cluster.kit import Cluster
from tests.cluster.measure import running
from tests.cluster.seeds import pod_template


def create(cluster: Cluster, namespace: str, pipeline: str) -> None:
    """What Jenkins' Kubernetes plugin does: parse the template, name it, fill in the agent's two variables."""
    body = yaml.safe_load(pod_template(pipeline))
    body["metadata"] = {"name": "jenkins"}
    agent = [{"name": "JENKINS_SECRET", "value": "secret"}, {"name": "JENKINS_NAME", "value": "agent"}]
    for one in body["spec"]["containers"]:
        one["env"] = [*one.get("env", []), *agent]
    cluster.apply(namespace, body)


def test_the_template_that_is_no_yaml_says_so() -> None:
    with pytest.raises(yaml.YAMLError, match="mapping values are not allowed here"):
        yaml.safe_load(pod_template("Jenkinsfile.deployment"))


def test_a_misspelt_field_is_refused(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(AssertionError, match=r"unknown field .*vaule"):
        create(cluster, namespace, "Jenkinsfile.sidecar")


@pytest.mark.parametrize(
    ("pipeline", "container"), [("Jenkinsfile.daemonset", "runner"), ("Jenkinsfile.host-socket", "debian")]
)
def test_the_build_container_has_no_docker_in_it(
    cluster: Cluster, namespace: str, pipeline: str, container: str
) -> None:
    create(cluster, namespace, pipeline)
    job = cluster.pod(namespace, "jenkins")
    job.wait(running(container), seconds=120)
    found = job.exec("sh", "-c", "docker build -t app:v1.0.0-alpha.1 .", container=container)
    assert (found.code, "docker: not found" in found.err) == (127, True)
