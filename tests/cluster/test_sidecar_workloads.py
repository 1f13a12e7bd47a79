"""Injected workloads that Kubernetes makes pods of: each of them really runs a container."""

from __future__ import annotations

from typing import Any

from tests.cluster.injected import client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Condition, PodObject, ended, ready

ONCE = "docker pull -q busybox; docker run --rm busybox echo ran"
AND_STAYS = f"{ONCE} > /tmp/said; exec sleep 3600"
RAN = {"exec": {"command": ["test", "-s", "/tmp/said"]}, "periodSeconds": 1, "timeoutSeconds": 5}


def template(kind: str) -> dict[str, Any]:
    """A template of pods with the label app=KIND that are ready when their container has run."""
    spec = client_pod(AND_STAYS, readinessProbe=RAN)["spec"]
    return {"metadata": {"labels": {"app": kind.lower()}}, "spec": spec | {"restartPolicy": "Always"}}


def served(kind: str, **more: Any) -> dict[str, Any]:
    """A workload of apps/v1."""
    labels = {"matchLabels": {"app": kind.lower()}}
    spec = {"selector": labels, "template": template(kind), **more}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": kind.lower()}, "spec": spec}


def cron_job() -> dict[str, Any]:
    """One that is due once a year."""
    job = {"template": {"metadata": {"labels": {"app": "cronjob"}}, "spec": client_pod(ONCE)["spec"]}}
    spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"backoffLimit": 0, **job}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "cronjob"}, "spec": spec}


def succeeded(body: PodObject) -> str | None:
    """It has ended well."""
    missing = ended(body)
    assert missing is not None or body["status"]["phase"] == "Succeeded", body["status"]
    return missing


def test_each_kind_of_workload_runs_containers(cluster: Cluster, namespace: str, inject: Injector) -> None:
    cluster.wait_for_service_account(namespace)
    workloads = (
        served("Deployment", replicas=2), served("StatefulSet", replicas=1, serviceName="none"), served("DaemonSet"),
        cron_job(),
    )  # fmt: skip
    cluster.apply(namespace, *(inject(each) for each in workloads))
    cluster.kubectl("create", "job", "--namespace", namespace, "--from=cronjob/cronjob", "now")
    wanted: tuple[tuple[str, int, Condition], ...] = (
        ("deployment", 2, ready), ("statefulset", 1, ready), ("daemonset", len(cluster.nodes()), ready),
        ("cronjob", 1, succeeded),
    )  # fmt: skip
    for name, count, condition in wanted:
        pods = cluster.wait_for_pods(namespace, f"app={name}", count, condition, seconds=120)
        assert all("dinp" in one.containers() for one in pods)
