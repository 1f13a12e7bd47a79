"""What stands between a manifest and the cluster: webhooks, policies, PodSecurity."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from testbed import pki
from tests.cluster.kit import Cluster, container, pod, ready

PODS = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]


def only(namespace: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


@pytest.fixture
def removed(cluster: Cluster) -> Iterator[list[str]]:
    """Cluster-wide objects, as kubectl names them, to remove after the test."""
    names: list[str] = []
    yield names
    if names:
        cluster.kubectl("delete", "--ignore-not-found", *names)


def test_a_webhook_in_a_pod_changes_pods(cluster: Cluster, namespace: str, removed: list[str]) -> None:
    authority = pki.authority("webhook")
    pair = pki.leaf(authority, "hook", names=(f"hook.{namespace}.svc",))
    program = Path(__file__).with_name("admission_webhook.py").read_text()
    files = {"hook.py": program, "tls.crt": pair.certificate.decode(), "tls.key": pair.key.decode()}
    cluster.apply(
        namespace,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hook"}, "data": files},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "hook"},
            "spec": {"selector": {"app": "hook"}, "ports": [{"port": 443, "targetPort": 8443}]},
        },
    )
    mount = {"volumeMounts": [{"name": "hook", "mountPath": "/hook"}]}
    probe = {"readinessProbe": {"tcpSocket": {"port": 8443}, "periodSeconds": 1}}
    server = container(
        cluster.image("bed/debian:12"), "python3", "/hook/hook.py", "/hook/tls.crt", "/hook/tls.key", **mount, **probe
    )
    volumes = [{"name": "hook", "configMap": {"name": "hook"}}]
    cluster.run(namespace, pod("hook", server, labels={"app": "hook"}, volumes=volumes)).wait(ready)
    webhook = {
        "name": "hook.bed.test",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "namespaceSelector": only(namespace),
        "rules": PODS,
        "clientConfig": {
            "caBundle": base64.b64encode(authority.certificate).decode(),
            "service": {"namespace": namespace, "name": "hook"},
        },
    }
    name = f"hook-{namespace}"
    removed.append(f"mutatingwebhookconfiguration/{name}")
    cluster.apply(
        namespace,
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [webhook],
        },
    )
    assert_soon_annotated(cluster, namespace, "seen-by", "webhook")


def test_a_mutating_admission_policy_changes_pods(cluster: Cluster, namespace: str, removed: list[str]) -> None:
    name = f"policy-{namespace}"
    removed += [f"mutatingadmissionpolicy/{name}", f"mutatingadmissionpolicybinding/{name}"]
    version = "admissionregistration.k8s.io/v1"
    expression = 'Object{metadata: Object.metadata{annotations: {"seen-by": "policy"}}}'
    cluster.apply(
        namespace,
        {
            "apiVersion": version,
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "matchConstraints": {"resourceRules": PODS},
                "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
            },
        },
        {
            "apiVersion": version,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "matchResources": {"namespaceSelector": only(namespace)}},
        },
    )
    assert_soon_annotated(cluster, namespace, "seen-by", "policy")


def assert_soon_annotated(cluster: Cluster, namespace: str, key: str, value: str) -> None:
    """The API server reads its configuration by watching: the first pods may still pass unseen."""
    seen: list[Any] = []
    cluster.wait_for_service_account(namespace)
    for number in range(3000):
        body = pod(f"try-{number}", container("busybox", "true"))
        made = cluster.core.create_namespaced_pod(namespace, body, dry_run="All")
        seen.append(made.metadata.annotations)
        if (made.metadata.annotations or {}).get(key) == value:
            return
    raise AssertionError(f"no pod got {key}={value}: {seen[-1]}")


def test_pod_security_restricted_refuses_a_privileged_pod_and_says_why(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    with pytest.raises(ApiException) as refused:
        cluster.run(namespace, pod("one", container("busybox", "true", securityContext={"privileged": True})))
    assert refused.value.status == 403
    assert "violates PodSecurity" in str(refused.value.body)
