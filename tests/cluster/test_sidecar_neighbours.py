"""The sidecar among what else a pod may have: other sidecars, several clients, claims, fsGroup, the node's /run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import CLIENT, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, ended, pod, terminated

Run = Callable[[Mapping[str, Any]], Pod]
WORK = {"volumeMounts": [{"name": "work", "mountPath": "/workspace"}]}
BUILDS = {
    "volumeMounts": [{"name": "work", "mountPath": "/builds"}],
}
OWNERS = """
export HOME=/workspace/home; mkdir -p "$HOME"
echo mine > /workspace/mine
docker pull -q busybox >/dev/null
docker run --rm -v /workspace:/workspace -u "$(id -u)" busybox \\
    sh -c 'cat /workspace/mine; echo theirs > /workspace/theirs'
stat -c '%u %n' /workspace/mine /workspace/theirs
"""


def test_another_native_sidecar_keeps_working(inject: Injector, run_pod: Run) -> None:
    body = client_pod("docker pull -q busybox; docker run --rm busybox true; until test -s /shared/log; do :; done")
    shared = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
    body["spec"]["containers"][0].update(shared)
    talks = "docker version --format '{{.Server.Os}}' > /shared/log; exec sleep 3600"
    other = container(CLIENT, "sh", "-ec", talks, name="logs", restartPolicy="Always", **shared)
    body["spec"].update(initContainers=[other], volumes=[{"name": "shared", "emptyDir": {}}])
    injected = inject(body)
    assert [one["name"] for one in injected["spec"]["initContainers"]] == ["dinp", "logs"]
    running = run_pod(injected)
    running.wait(ended, 120)
    assert running.read()["status"]["phase"] == "Succeeded", running.evidence()


@pytest.mark.parametrize("isolation", ["userns", "rootful", "rootless"])
def test_a_bind_mount_of_what_was_not_shared_is_an_error(inject: Injector, run_pod: Run, isolation: str) -> None:
    paths = ("/builds-not-shared", "/tmp", "/tmp/build", "/var/tmp/q", "/srv", "/home", "/mnt", "/opt/app", "/run/q")
    tries = "".join(
        f"mkdir -p {path}; echo mine > {path}/mine;"
        f" if docker run --rm -v {path}:/x busybox ls /x 2>/tmp/said; then echo got {path};"
        " else grep -q 'mkdir /' /tmp/said && echo refused; fi\n"
        for path in paths
    )
    body = client_pod(
        f"docker pull -q busybox >/dev/null; echo > /builds/shared\n{tries}docker run --rm -v /builds:/w busybox ls /w",
        **BUILDS,
    )
    body["spec"]["volumes"] = [{"name": "work", "emptyDir": {}}]
    running = run_pod(inject(body, f"engine.isolation={isolation}"))
    running.wait(terminated("main"), 120)
    assert running.logs("main").split() == ["refused"] * len(paths) + ["shared"], running.evidence()


def test_several_clients_share_one_engine(inject: Injector, run_pod: Run) -> None:
    first = container(CLIENT, "sh", "-ec", "docker pull -q busybox; docker tag busybox shared:1", name="first")
    second = "until docker image inspect shared:1 >/dev/null 2>&1; do :; done; docker run --rm shared:1 echo seen"
    body = pod("client", first, container(CLIENT, "sh", "-ec", second, name="second"))
    running = run_pod(inject(body))
    running.wait(ended, 120)
    assert running.logs("second") == "seen\n", running.evidence()


@pytest.mark.parametrize("user", [0, 1234])
def test_a_claim_as_workspace_keeps_its_owners(
    cluster: Cluster, namespace: str, inject: Injector, run_pod: Run, user: int
) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "work"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.apply(namespace, claim)
    body = client_pod(OWNERS, securityContext={"runAsUser": user, "runAsGroup": user}, **WORK)
    opened = container("busybox", "chmod", "0777", "/workspace", name="open", **WORK)
    body["spec"].update(
        initContainers=[opened], volumes=[{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}]
    )
    running = run_pod(inject(body))
    running.wait(terminated("main"), 120)
    expected = ["mine", f"{user} /workspace/mine", f"{user} /workspace/theirs"]
    assert running.logs("main").splitlines() == expected, running.evidence()


def test_a_pod_with_a_group_of_files(inject: Injector, run_pod: Run) -> None:
    body = client_pod(OWNERS + "stat -c '%g' /workspace/mine", **WORK)
    body["spec"].update(
        securityContext={"fsGroup": 4321, "runAsUser": 1234, "runAsGroup": 1234},
        volumes=[{"name": "work", "emptyDir": {}}],
    )
    running = run_pod(inject(body))
    running.wait(terminated("main"), 120)
    expected = ["mine", "1234 /workspace/mine", "1234 /workspace/theirs", "4321"]
    assert running.logs("main").splitlines() == expected, running.evidence()


@pytest.mark.parametrize("where", ["/host/run", "/run", "/var/run"])
@pytest.mark.parametrize("path", ["/run", "/var/run"])
def test_the_nodes_run_directory_read_only(inject: Injector, run_pod: Run, path: str, where: str) -> None:
    """Elsewhere, and at its real place, where whatever is mounted needs a mount point in that volume."""
    mount = {"volumeMounts": [{"name": "host", "mountPath": where, "readOnly": True}]}
    body = client_pod(
        f"docker -H unix://{where}/docker.sock version --format '{{{{.Server.Os}}}}';"
        " docker version --format '{{.Server.Os}}'",
        **mount,
    )
    body["spec"]["volumes"] = [{"name": "host", "hostPath": {"path": path}}]
    running = run_pod(inject(body))
    running.wait(terminated("main"), 120)
    assert running.logs("main") == "linux\nlinux\n", running.evidence()
