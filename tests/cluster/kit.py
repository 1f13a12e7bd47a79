"""What a test on a cluster works with: `Cluster`, the pods in it, and waiting by watching.

    def test_something(cluster, namespace):
        pod = cluster.run(namespace, pod("one", container("busybox", "sleep", "3600")))
        pod.wait(ready)
        assert pod.exec("cat", "/etc/hostname").out == "one\\n"

Every wait names what it waits for, ends early when it cannot come any more, and fails with the pod's state, events and
logs.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

from testbed.layout import Layout
from tests.cluster.references import at_registry
from tools.oci.image import Image
from tools.oci.registry_client import RegistryClient

PodObject = Mapping[str, Any]
Condition = Callable[[PodObject], str | None]
"""None when it holds, else what is missing; raises HopelessError when it never will."""


FROM_NOW_OR_BEFORE = "0"
"""Begin with what the API server has in memory, then follow. Without it a watch of the newest state waits for a report
of progress that etcd before 3.4.31 does not give, and fails with "Too large resource version"."""


class HopelessError(Exception):
    """What is waited for cannot come any more."""


class ContainerGoneError(Exception):
    """A command could not be executed, because its container does not run."""


@dataclass(frozen=True)
class Result:
    """What a command in a container left."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Registry:
    """A registry: where this process pushes to, and what pods call it."""

    push_host: str
    push_port: int
    name: str

    def push(self, image: Image, repository: str, tag: str = "latest") -> str:
        """Push an image; returns the reference for a pod's `image:`."""
        RegistryClient(self.push_host, self.push_port).push(image, repository, tag)
        return f"{self.name}/{repository}:{tag}"

    def layers(self, repository: str, tag: str) -> list[str]:
        """The digests of an image's layers, lowest first."""
        return RegistryClient(self.push_host, self.push_port).layers(repository, tag)

    def push_index(self, images: Sequence[Image], repository: str, tag: str) -> str:
        """Push images of several architectures under one name."""
        RegistryClient(self.push_host, self.push_port).push_index(images, repository, tag)
        return f"{self.name}/{repository}:{tag}"

    def platforms(self, repository: str, tag: str) -> list[str]:
        """The architectures of a manifest list."""
        return RegistryClient(self.push_host, self.push_port).platforms(repository, tag)

    def tag(self, repository: str, tag: str, source_repository: str, source_tag: str) -> None:
        """Let an image in the registry answer to another name."""
        RegistryClient(self.push_host, self.push_port).tag(repository, tag, source_repository, source_tag)


class Cluster:
    """A cluster, as its administrator.

    `by_name`: its nodes find the registry's images by names without a registry, as the bed's do. Otherwise `run` and
    `apply` write the registry before them.
    """

    def __init__(self, kubeconfig: Path, registry: Registry, *, by_name: bool) -> None:
        self.kubeconfig = kubeconfig
        self.registry = registry
        self.by_name = by_name
        self.api = config.new_client_from_config(str(kubeconfig))
        self.core = client.CoreV1Api(self.api)

    def close(self) -> None:
        """Close the connections to the API server."""
        self.api.rest_client.pool_manager.clear()

    def image(self, name: str) -> str:
        """The reference of one of the bed's images: image("bed/debian:12")."""
        return f"{self.registry.name}/{name}"

    def version(self) -> str:
        """What the API server calls itself."""
        found: str = client.VersionApi(self.api).get_code().git_version
        return found

    def nodes(self) -> list[str]:
        """The names of the nodes that any pod may be given to."""
        found = self.core.list_node().items
        return sorted(node.metadata.name for node in found if not node.spec.unschedulable and not node.spec.taints)

    def pullable(self, thing: Any) -> Any:
        """An object with its images by names under which this cluster's nodes find them."""
        return thing if self.by_name else at_registry(thing, self.registry.name)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """kubectl's output; raises CalledProcessError with its words."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run(
            [kubectl_program(), *arguments], input=stdin, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, namespace: str, *objects: Mapping[str, Any]) -> None:
        """Create or change objects, given as a client library or a person would write them."""
        listed = {"apiVersion": "v1", "kind": "List", "items": [self.pullable(each) for each in objects]}
        self.kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(listed))

    def apply_file(self, namespace: str, file: Path) -> None:
        """`kubectl apply -f FILE`, the file exactly as it is."""
        self.kubectl("apply", "-n", namespace, "-f", str(file))

    def run(self, namespace: str, body: Mapping[str, Any]) -> Pod:
        """Create a pod; the default service account of a new namespace comes a moment later and is waited for."""
        self.wait_for_service_account(namespace)
        created = time.monotonic()
        self.core.create_namespaced_pod(namespace, self.pullable(body))
        return Pod(self, namespace, body["metadata"]["name"], created)

    def pod(self, namespace: str, name: str) -> Pod:
        """A pod that something else has created."""
        return Pod(self, namespace, name, time.monotonic())

    def pods(self, namespace: str, selector: str) -> list[Pod]:
        """Pods by label."""
        found = self.core.list_namespaced_pod(namespace, label_selector=selector).items
        return [self.pod(namespace, one.metadata.name) for one in found]

    def wait_for_service_account(self, namespace: str, seconds: int = 20) -> None:
        """Wait until pods can be created in a namespace."""
        for event in watch.Watch().stream(
            self.core.list_namespaced_service_account,
            namespace,
            resource_version=FROM_NOW_OR_BEFORE,
            timeout_seconds=seconds,
        ):
            if event["object"].metadata.name == "default":
                return
        raise AssertionError(f"no default service account in {namespace}")

    def wait_for_pods(self, namespace: str, selector: str, count: int, condition: Condition, seconds: int) -> list[Pod]:
        """Wait until `count` pods with these labels satisfy a condition."""
        found: dict[str, PodObject] = {}
        for event in watch.Watch().stream(
            self.core.list_namespaced_pod,
            namespace,
            label_selector=selector,
            resource_version=FROM_NOW_OR_BEFORE,
            timeout_seconds=seconds,
        ):
            body = event["raw_object"]
            found[body["metadata"]["name"]] = body
            if event["type"] == "DELETED":
                del found[body["metadata"]["name"]]
            good = [name for name, one in found.items() if condition(one) is None]
            if len(good) >= count:
                return [self.pod(namespace, name) for name in good]
        raise AssertionError(f"{selector}: {len(found)} pods, not {count} as wanted, after {seconds} s")

    def events(self, namespace: str, name: str | None = None) -> list[str]:
        """Events, oldest first: "Warning Failed: …"."""
        selector = f"involvedObject.name={name}" if name else ""
        found = self.core.list_namespaced_event(namespace, field_selector=selector).items
        found.sort(key=lambda one: str(one.last_timestamp or one.event_time or one.metadata.creation_timestamp))
        return [f"{one.type} {one.reason}: {one.message}" for one in found]


def kubectl_program() -> str:
    """The bed's kubectl where there is one, or else the one on PATH."""
    own = Layout.of(os.environ).bin / "kubectl"
    return str(own) if own.exists() else "kubectl"


@dataclass(frozen=True)
class Pod:
    """A pod in a cluster. `created`: time.monotonic() just before it was created."""

    cluster: Cluster
    namespace: str
    name: str
    created: float

    def read(self) -> PodObject:
        """The pod's object as it is now."""
        found: PodObject = self.cluster.api.sanitize_for_serialization(
            self.cluster.core.read_namespaced_pod(self.name, self.namespace)
        )
        return found

    def wait(self, condition: Condition, seconds: int = 60) -> float:
        """Wait; returns the seconds since the pod was created. Raises AssertionError with the evidence."""
        missing: str | None = "not seen"
        follow = watch.Watch().stream(
            self.cluster.core.list_namespaced_pod, self.namespace,
            field_selector=f"metadata.name={self.name}", resource_version=FROM_NOW_OR_BEFORE, timeout_seconds=seconds,
        )  # fmt: skip
        try:
            for event in follow:
                missing = "it was deleted" if event["type"] == "DELETED" else condition(event["raw_object"])
                if missing is None:
                    return time.monotonic() - self.created
        except HopelessError as reason:
            missing = f"never: {reason}"
        raise AssertionError(f"pod {self.name}: {missing}\n{self.evidence()}")

    def exec(self, *argv: str, container: str | None = None, seconds: int = 60) -> Result:
        """Run a command in a container and wait for it."""
        # `stream` changes the client that it is given for as long as it runs.
        core = client.CoreV1Api(client.ApiClient(self.cluster.api.configuration))
        options = {"container": container} if container else {}
        session = stream(
            core.connect_get_namespaced_pod_exec, self.name, self.namespace, command=list(argv), stdin=False,
            stdout=True, stderr=True, tty=False, _preload_content=False, **options,
        )  # fmt: skip
        try:
            session.run_forever(timeout=seconds)
            out, err, code = session.read_stdout(timeout=0), session.read_stderr(timeout=0), session.returncode
        except ValueError as error:
            # Instead of a code there was a sentence: the container is not there (any more).
            raise ContainerGoneError(str(error)) from error
        finally:
            session.close()
            # `close` leaves the socket open when the other side has closed first.
            session.sock.shutdown()
        if code is None:
            raise AssertionError(f"{argv} in {self.name} did not end in {seconds} s; so far: {out}{err}")
        return Result(code, out or "", err or "")

    def logs(self, container: str | None = None, *, previous: bool = False) -> str:
        """A container's log; empty while there is none."""
        options = {"container": container} if container else {}
        try:
            raw = self.cluster.core.read_namespaced_pod_log(
                self.name, self.namespace, previous=previous, _preload_content=False, **options
            )
        except ApiException as error:
            return f"({json.loads(error.body)['message']})" if error.body else ""
        text: str = raw.data.decode(errors="replace")
        return text

    def containers(self) -> list[str]:
        """The names of its containers, sidecars first."""
        spec = self.read()["spec"]
        return [one["name"] for one in (*spec.get("initContainers", []), *spec["containers"])]

    def evidence(self) -> str:
        """State, events and the ends of the logs, for a failure's message and for captures."""
        try:
            body = self.read()
        except ApiException:
            return "(it is gone)"
        status = json.dumps(body.get("status", {}).get("containerStatuses", []), indent=1)
        parts = [f"phase {body['status'].get('phase')}: {status}", *self.cluster.events(self.namespace, self.name)]
        ends = {name: "\n".join(self.logs(name).splitlines()[-25:]) for name in self.containers()}
        parts += [f"--- log of {name}\n{end}" for name, end in ends.items()]
        return "\n".join(parts)

    def delete(self, *, grace_seconds: int = 0) -> None:
        """Delete it; does not wait."""
        self.cluster.core.delete_namespaced_pod(self.name, self.namespace, grace_period_seconds=grace_seconds)


def container(image: str, *argv: str, name: str = "main", **more: Any) -> dict[str, Any]:
    """A container of a pod; `more` are further fields of it."""
    command = {"command": list(argv)} if argv else {}
    return {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", **command, **more}


def pod(
    name: str, *containers: Mapping[str, Any], labels: Mapping[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    """A pod that is not restarted and ends at once; `spec` are further fields of its specification."""
    defaults = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "enableServiceLinks": False}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(labels or {})},
        "spec": {**defaults, "containers": list(containers), **spec},
    }


def ready(body: PodObject) -> str | None:
    """All its containers are ready."""
    if body["status"].get("phase") in ("Failed", "Succeeded"):
        raise HopelessError(f"phase {body['status']['phase']}: {body['status'].get('message', '')}")
    conditions: Sequence[Mapping[str, str]] = body["status"].get("conditions") or []
    good = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return None if good else "not ready"


def ended(body: PodObject) -> str | None:
    """It has succeeded or failed."""
    phase = body["status"].get("phase")
    return None if phase in ("Failed", "Succeeded") else f"phase {phase}"


def terminated(name: str = "main") -> Condition:
    """One of its containers has ended."""

    def condition(body: PodObject) -> str | None:
        statuses = [
            *(body["status"].get("initContainerStatuses") or []),
            *(body["status"].get("containerStatuses") or []),
        ]
        states = {one["name"]: one.get("state", {}) for one in statuses}
        return (
            None
            if "terminated" in states.get(name, {})
            else f"{name} is {next(iter(states.get(name, {})), 'not seen')}"
        )

    return condition


def exit_of(body: PodObject, name: str = "main") -> Mapping[str, Any]:
    """How a container ended: exitCode, reason, signal."""
    for one in body["status"]["containerStatuses"]:
        if one["name"] == name:
            found: Mapping[str, Any] = one["state"]["terminated"]
            return found
    raise KeyError(name)
