"""Services, names and streams reach across nodes."""

from __future__ import annotations

import socket
import subprocess

from tests.cluster.kit import Cluster, Result, container, kubectl_program, pod, ready

SERVE = ("sh", "-c", "mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 8080 -h /www")


def service(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def test_a_service_is_found_by_name_from_every_node(cluster: Cluster, namespace: str) -> None:
    here, there = cluster.nodes()[0], cluster.nodes()[-1]
    cluster.apply(namespace, service("web"))
    web = cluster.run(namespace, pod("web", container("busybox", *SERVE), labels={"app": "web"}, nodeName=there))
    web.wait(ready)
    for node in dict.fromkeys((here, there)):
        image = cluster.image("bed/debian:12")
        client = cluster.run(namespace, pod(f"client-{node}", container(image, "sleep", "3600"), nodeName=node))
        client.wait(ready)
        urls = ("http://web", f"http://web.{namespace}.svc.cluster.local")
        found = client.exec("curl", "-sS", "--retry", "20", "--retry-all-errors", "--max-time", "30", *urls)
        assert found.out == "web\nweb\n", found


def test_a_pod_in_the_hosts_network_has_the_nodes_address_and_the_clusters_names(
    cluster: Cluster, namespace: str
) -> None:
    body = pod("one", container("busybox", "sleep", "3600"), hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet")
    one = cluster.run(namespace, body)
    one.wait(ready)
    status = one.read()["status"]
    assert status["podIP"] == status["hostIP"]
    assert status["podIP"] in one.exec("ip", "-4", "-o", "addr").out
    assert one.exec("nslookup", "kubernetes.default.svc.cluster.local").code == 0


def test_logs_exec_and_port_forward_reach_a_pod(cluster: Cluster, namespace: str) -> None:
    web = cluster.run(namespace, pod("web", container("busybox", "sh", "-c", "echo started; " + SERVE[2])))
    web.wait(ready)
    assert web.logs() == "started\n"
    assert web.exec("sh", "-c", "echo out; echo err >&2; exit 7") == Result(7, "out\n", "err\n")
    kubectl = [kubectl_program(), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace]
    forward = subprocess.Popen([*kubectl, "port-forward", "pod/web", ":8080"], stdout=subprocess.PIPE, text=True)
    try:
        assert forward.stdout is not None
        port = int(forward.stdout.readline().split()[2].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.endswith(b"web\n")
    finally:
        forward.terminate()
        forward.communicate()
