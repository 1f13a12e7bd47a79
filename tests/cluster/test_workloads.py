"""What kubelet does with containers: order, probes, limits, users."""

from __future__ import annotations

from tests.cluster.kit import Cluster, PodObject, Result, container, ended, exit_of, pod, ready, terminated


def test_a_sidecar_is_up_before_the_job_and_the_job_ends_without_it(cluster: Cluster, namespace: str) -> None:
    """Native sidecar: restartPolicy Always among the init containers, its start-up probe holds the rest back."""
    shared = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
    sidecar = container(
        "busybox", "sh", "-c", "sleep 2; touch /shared/socket; exec sleep 3600", name="engine", **shared,
        restartPolicy="Always",
        startupProbe={"exec": {"command": ["test", "-e", "/shared/socket"]}, "periodSeconds": 1},
    )  # fmt: skip
    template = pod(
        "unused", container("busybox", "ls", "/shared/socket", **shared), initContainers=[sidecar],
        volumes=[{"name": "shared", "emptyDir": {}}],
    )  # fmt: skip
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "build"},
        "spec": {"backoffLimit": 0, "template": {"metadata": {}, "spec": template["spec"]}},
    }
    cluster.wait_for_service_account(namespace)
    cluster.apply(namespace, job)
    (one,) = cluster.wait_for_pods(namespace, "job-name=build", 1, ended, seconds=60)
    assert one.read()["status"]["phase"] == "Succeeded"
    cluster.kubectl("wait", "--for=condition=Complete", "job/build", "-n", namespace, "--timeout=30s")


def test_a_liveness_probe_restarts_and_a_readiness_probe_does_not(cluster: Cluster, namespace: str) -> None:
    probe = {"exec": {"command": ["test", "-e", "/alive"]}, "periodSeconds": 1, "failureThreshold": 1}
    restarted = container("busybox", "sh", "-c", "sleep 3600", livenessProbe=probe)
    waiting = container("busybox", "sh", "-c", "sleep 3600", name="waiting", readinessProbe=probe)
    one = cluster.run(namespace, pod("one", restarted, waiting, restartPolicy="Always"))

    def was_restarted(body: PodObject) -> str | None:
        counts = {c["name"]: c["restartCount"] for c in body["status"].get("containerStatuses") or []}
        return None if counts.get("main", 0) >= 1 else f"restarts: {counts}"

    one.wait(was_restarted, seconds=90)
    states = {c["name"]: c for c in one.read()["status"]["containerStatuses"]}
    assert (states["waiting"]["restartCount"], states["waiting"]["ready"]) == (0, False)


def test_a_container_over_its_memory_limit_is_killed(cluster: Cluster, namespace: str) -> None:
    hungry = container(
        "busybox", "sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1", resources={"limits": {"memory": "32Mi"}}
    )
    one = cluster.run(namespace, pod("one", hungry))
    one.wait(terminated())
    end = exit_of(one.read())
    assert (end["exitCode"], end["reason"]) == (137, "OOMKilled")


def test_a_pod_with_its_own_users_is_nobody_on_the_node(cluster: Cluster, namespace: str) -> None:
    one = cluster.run(namespace, pod("one", container("busybox", "sleep", "3600"), hostUsers=False))
    one.wait(ready)
    assert one.exec("id", "-u") == Result(0, "0\n", "")
    inside, outside, length = one.exec("cat", "/proc/self/uid_map").out.split()
    assert (inside, length) == ("0", "65536")
    assert int(outside) >= 65536


def test_a_privileged_pod_may_mount(cluster: Cluster, namespace: str) -> None:
    body = pod(
        "one", container("busybox", "mount", "-t", "tmpfs", "none", "/tmp", securityContext={"privileged": True})
    )
    one = cluster.run(namespace, body)
    one.wait(ended)
    assert one.read()["status"]["phase"] == "Succeeded", one.logs()
