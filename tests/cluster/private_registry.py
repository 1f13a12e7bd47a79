"""A registry in a pod, with TLS by an authority that nobody knows and a password, and a proxy that leads to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import pki
from tests.cluster.kit import Cluster, container, pod, ready
from tools.provision.registry import password_line

BEHIND_PROXY = "registry.behind.proxy.example"
"""A name of the registry that no resolver knows: only the proxy leads there."""
USER, PASSWORD = "robot", "secret of the robot"
LOGINS, AUTHORITIES = "logins", "authorities"
"""A Secret and a ConfigMap, as a team would have them in its namespace."""
PROXY_PORT = 3128


@dataclass(frozen=True)
class PrivateRegistry:
    """Where it is: `host` is a name in the cluster; `proxy` the URL of the proxy."""

    host: str
    proxy: str


def start(cluster: Cluster, namespace: str, image: str) -> PrivateRegistry:
    """Both, in pods of this namespace, and the team's objects beside them. `image` is that of the clients."""
    host = f"registry.{namespace}.svc.cluster.local"
    ca = pki.authority("an authority of the team")
    pair = pki.leaf(ca, host, names=[host, BEHIND_PROXY])
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": "/tmp/registry"}},
        "http": {"addr": ":5000", "tls": {"certificate": "/etc/own/tls.crt", "key": "/etc/own/tls.key"}},
        "auth": {"htpasswd": {"realm": "team", "path": "/etc/own/htpasswd"}},
    }
    own = {
        "tls.crt": pair.certificate.decode(),
        "tls.key": pair.key.decode(),
        "htpasswd": password_line(USER, PASSWORD),
        "config.yml": json.dumps(config),
    }
    login = {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
    logins = json.dumps({"auths": {host: login, BEHIND_PROXY: login}})
    mounts = [{"name": "own", "mountPath": "/etc/own"}]
    serve = container(image, "docker-registry", "serve", "/etc/own/config.yml", name="registry", volumeMounts=mounts)
    program = Path(__file__).with_name("connect_proxy.py").read_text(encoding="utf-8")
    tunnel = container(image, "python3", "-c", program, "127.0.0.1", "5000", name="proxy")
    for each, port in ((serve, 5000), (tunnel, PROXY_PORT)):
        each["readinessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": 1}
    cluster.wait_for_service_account(namespace)
    cluster.apply(
        namespace,
        secret("own", "Opaque", own),
        secret(LOGINS, "kubernetes.io/dockerconfigjson", {".dockerconfigjson": logins}),
        {**named("ConfigMap", AUTHORITIES), "data": {"team.pem": ca.certificate.decode()}},
        service("registry", {"https": (443, 5000), "proxy": (PROXY_PORT, PROXY_PORT)}),
    )
    volumes = [{"name": "own", "secret": {"secretName": "own"}}]
    running = cluster.run(namespace, pod("registry", serve, tunnel, labels={"app": "registry"}, volumes=volumes))
    running.wait(ready, 90)
    return PrivateRegistry(host, f"http://{host}:{PROXY_PORT}")


def named(kind: str, name: str) -> dict[str, Any]:
    """The head of an object of core/v1."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}


def secret(name: str, kind: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """A Secret with these texts."""
    return {**named("Secret", name), "type": kind, "stringData": dict(texts)}


def service(name: str, ports: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A Service in front of the pod with the label app=NAME."""
    listed = [{"name": key, "port": port, "targetPort": target} for key, (port, target) in ports.items()]
    return {**named("Service", name), "spec": {"selector": {"app": name}, "ports": listed}}
