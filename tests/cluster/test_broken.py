"""Broken on purpose: what each known mistake really looks like, kept as samples in tests/captures/cluster.

The samples are written with `--update`; without it the tests only look whether the mistake still shows as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster import nodes
from tests.cluster.captures import capture, command
from tests.cluster.kit import Cluster, Pod, PodObject, container, ended, pod, ready
from tests.cluster.measure import running

pytestmark = pytest.mark.bed
Keep = Callable[..., None]

PRIVILEGED = {"securityContext": {"privileged": True}}
PLAIN_TCP = [{"name": "DOCKER_TLS_CERTDIR", "value": ""}, {"name": "DOCKER_HOST", "value": "tcp://localhost:2375"}]
STORAGE = {"name": "storage", "mountPath": "/var/lib/docker"}
SHARED = {"name": "run", "mountPath": "/var/run"}
USABLE = "until docker info >/dev/null 2>&1; do sleep 0.2; done"


@pytest.fixture
def keep(cluster: Cluster, namespace: str, update: bool) -> Iterator[Keep]:
    """keep(case, what was broken, pods, what the job printed): writes the sample when samples are written."""

    def write(case: str, broken: str, pods: list[Pod], said: list[str]) -> None:
        if update:
            capture(cluster, namespace, case, broken, pods, said)

    yield write
    nodes.forget_docker()


def engine(cluster: Cluster, *arguments: str, **more: Any) -> dict[str, Any]:
    """An engine container that serves its unix socket in /var/run; dockerd 20.10."""
    argv = ("dockerd", "--host=unix:///var/run/docker.sock", *arguments)
    return container(cluster.image("bed/engine:20.10"), *argv, name="engine", **(PRIVILEGED | more))


def client(cluster: Cluster, **more: Any) -> dict[str, Any]:
    """A container with the docker command that stays."""
    return container(cluster.image("bed/client:20.10"), "sleep", "3600", name="job", **more)


def volume(name: str, **options: Any) -> dict[str, Any]:
    """An emptyDir."""
    return {"name": name, "emptyDir": options}


def test_the_socket_mounted_as_a_file_goes_stale_when_the_engine_restarts(
    cluster: Cluster, namespace: str, keep: Keep
) -> None:
    host = f"/run/{namespace}"
    directory = {"name": "run", "hostPath": {"path": host, "type": "DirectoryOrCreate"}}
    serving = engine(cluster, volumeMounts=[SHARED, STORAGE])
    one = cluster.run(
        namespace,
        pod("engine", serving, volumes=[directory, volume("storage")], restartPolicy="Always", nodeName="node-1"),
    )
    one.wait(ready)
    one.exec("sh", "-c", USABLE)
    file = {"name": "socket", "hostPath": {"path": f"{host}/docker.sock", "type": "Socket"}}
    mount = {"volumeMounts": [{"name": "socket", "mountPath": "/var/run/docker.sock"}]}
    job = cluster.run(namespace, pod("job", client(cluster, **mount), volumes=[file], nodeName="node-1"))
    job.wait(ready)
    before = command(job, "docker version --format '{{.Server.Version}}'")
    one.exec("sh", "-c", "kill 1")
    one.wait(restarted, seconds=60)
    one.exec("sh", "-c", USABLE)
    after = command(job, "docker version --format '{{.Server.Version}}'")
    assert "(exit code 0)" in before
    assert "Cannot connect to the Docker daemon" in after
    broken = "the job mounts the file docker.sock instead of its directory; the engine's container was then restarted"
    keep("socket-file-stale", broken, [one, job], [before, after])


def test_two_engines_on_one_data_root(cluster: Cluster, namespace: str, keep: Keep) -> None:
    storage = {"name": "storage", "hostPath": {"path": "/var/lib/docker"}}
    pods = []
    for name in ("first", "second"):
        serving = engine(cluster, volumeMounts=[STORAGE])
        one = cluster.run(namespace, pod(name, serving, volumes=[storage], nodeName="node-1"))
        one.wait(running("engine"))
        pods.append(one)
        if name == "first":
            one.exec("sh", "-c", USABLE)
    pods[1].wait(ended, seconds=90)
    log = pods[1].logs("engine")
    assert "timeout waiting for containerd to start" in log or "database file" in log, log
    broken = "two pods on one node have the same hostPath as /var/lib/docker"
    keep("two-engines-one-data-root", broken, pods, [command(pods[0], "docker info --format '{{.Driver}}'")])


def test_a_probe_that_waits_on_the_wrong_thing(cluster: Cluster, namespace: str, keep: Keep) -> None:
    probe = {"tcpSocket": {"port": 2376}, "periodSeconds": 1, "failureThreshold": 3}
    serving = container(
        cluster.image("bed/engine:20.10"), name="engine", env=PLAIN_TCP, readinessProbe=probe, **PRIVILEGED
    )
    one = cluster.run(namespace, pod("one", serving, client(cluster, env=PLAIN_TCP), volumes=[volume("storage")]))
    one.wait(running("job"))
    said = command(one, f"{USABLE}; docker version --format '{{{{.Server.Version}}}}'", "job")
    assert "(exit code 0)" in said
    assert ready(one.read()) == "not ready"
    broken = "DOCKER_TLS_CERTDIR is empty, so dockerd listens on 2375; the readiness probe asks on 2376"
    keep("probe-on-the-wrong-port", broken, [one], [said])


def test_an_mtu_larger_than_the_link(cluster: Cluster, namespace: str, keep: Keep) -> None:
    serving = engine(cluster, volumeMounts=[SHARED, STORAGE])
    shared = [volume("run"), volume("storage")]
    job = client(cluster, volumeMounts=[SHARED])
    one = cluster.run(namespace, pod("one", serving, job, volumes=shared, nodeName="node-1"))
    one.wait(running("job"))
    one.exec("sh", "-c", USABLE, container="job")
    node = nodes.handles()[0]
    link = nodes.on(node, "ip", "route", "get", one.read()["status"]["podIP"]).split(" dev ")[1].split()[0]
    # An overlay network's link, and a router that tells nobody that a packet was too large for it.
    nodes.on(node, "ip", "link", "set", link, "mtu", "1400")
    one.exec("ip", "link", "set", "eth0", "mtu", "1400", container="engine")
    nodes.on(node, "nft", "add table ip broken; add chain ip broken out { type filter hook output priority 0; }; "
             "add rule ip broken out icmp type destination-unreachable icmp code frag-needed drop")  # fmt: skip
    try:
        build = (
            "printf 'FROM bed/debian:12\\nRUN curl -sS --max-time 10 -o /dev/null "
            "https://registry-1.docker.io/v2/library/busybox/manifests/latest && "
            "curl -sS --max-time 10 -o /dev/null "
            "https://registry-1.docker.io/v2/bed/debian/blobs/$(cat digest)\\n' | docker build -"
        )
        links = command(one, "ip -o link show eth0; ip -o link show docker0", "engine")
        said = command(one, build.replace("$(cat digest)", largest_blob(cluster)), "job")
    finally:
        nodes.on(node, "nft", "delete table ip broken")
    assert "timed out" in said, said
    broken = "the pod's link has MTU 1400, docker0 has 1500, and the router's `fragmentation needed` is dropped"
    keep("mtu-too-large", broken, [one], [links, said])


def test_a_data_root_on_no_volume(cluster: Cluster, namespace: str, keep: Keep) -> None:
    """The image declares a volume only at /var/lib/docker, and containerd makes that; another path is overlay."""
    serving = engine(cluster, "--data-root=/srv/docker", volumeMounts=[SHARED])
    one = cluster.run(namespace, pod("one", serving, client(cluster, volumeMounts=[SHARED]), volumes=[volume("run")]))
    one.wait(running("job"))
    one.exec("sh", "-c", USABLE, container="job")
    said = command(one, "docker info --format '{{.Driver}}'", "job")
    assert "overlay2" not in said
    keep("data-root-on-overlay", "--data-root lies on the container's own overlay, on no volume", [one], [said])


def test_a_memory_limit_that_a_build_does_not_fit_in(cluster: Cluster, namespace: str, keep: Keep) -> None:
    serving = engine(cluster, volumeMounts=[SHARED, STORAGE], resources={"limits": {"memory": "160Mi"}})
    job = client(cluster, volumeMounts=[SHARED])
    one = cluster.run(
        namespace, pod("one", serving, job, volumes=[volume("run"), volume("storage")], restartPolicy="Always")
    )
    one.wait(running("job"))
    one.exec("sh", "-c", USABLE, container="job")
    hungry = "printf 'FROM busybox\\nRUN dd if=/dev/zero of=/dev/null bs=400M count=1\\n' | docker build --no-cache -"
    said = command(one, hungry, "job")
    assert "(exit code 0)" not in said, said
    keep("memory-limit", "the engine's container has a limit of 160 MiB, and a build step takes 400", [one], [said])


def test_an_empty_dir_limit_that_an_image_does_not_fit_in(cluster: Cluster, namespace: str, keep: Keep) -> None:
    serving = engine(cluster, volumeMounts=[SHARED, STORAGE])
    job = client(cluster, volumeMounts=[SHARED])
    volumes = [volume("run"), volume("storage", sizeLimit="50Mi")]
    one = cluster.run(namespace, pod("one", serving, job, volumes=volumes))
    one.wait(running("job"))
    one.exec("sh", "-c", USABLE, container="job")
    said = command(one, "docker pull -q bed/debian:12", "job")
    one.wait(ended, seconds=150)
    assert one.read()["status"]["reason"] == "Evicted"
    keep("empty-dir-limit", "/var/lib/docker is an emptyDir with sizeLimit 50Mi", [one], [said])


def test_a_network_that_drops_the_engines_port(cluster: Cluster, namespace: str, keep: Keep) -> None:
    serving = container(cluster.image("bed/engine:20.10"), name="engine", env=PLAIN_TCP[:1], **PRIVILEGED)
    one = cluster.run(namespace, pod("engine", serving, nodeName="node-1"))
    one.wait(ready)
    address = one.read()["status"]["podIP"]
    env = [{"name": "DOCKER_HOST", "value": f"tcp://{address}:2375"}, {"name": "DOCKER_TLS_VERIFY", "value": ""}]
    job = cluster.run(namespace, pod("job", client(cluster, env=env), nodeName="node-2"))
    job.wait(ready)
    job.exec("sh", "-c", USABLE)
    node = nodes.handles()[0]
    nodes.on(node, "nft", "add table ip broken; add chain ip broken forward { type filter hook forward priority 0; }; "
             f"add rule ip broken forward ip daddr {address} tcp dport 2375 drop")  # fmt: skip
    try:
        said = command(job, "timeout 15 docker version")
    finally:
        nodes.on(node, "nft", "delete table ip broken")
    assert "(exit code 124)" in said, said
    keep(
        "port-dropped",
        "packets to port 2375 of the engine's pod are dropped, as a NetworkPolicy does",
        [one, job],
        [said],
    )


def restarted(body: PodObject) -> str | None:
    """Ready again after a restart."""
    counts = [status["restartCount"] for status in body["status"].get("containerStatuses") or []]
    return ready(body) if any(counts) else "not restarted"


def largest_blob(cluster: Cluster) -> str:
    """The digest of the Debian image's first layer: megabytes to fetch."""
    return cluster.registry.layers("bed/debian", "12")[0]
