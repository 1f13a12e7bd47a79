"""Each kind of isolation at each level of Pod Security, and a rootless sidecar without each of its fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from kubernetes.client.exceptions import ApiException

from tests.cluster.conftest import new_namespace
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, container, exit_of, pod, terminated
from tests.cluster.pod_security_page import PAGE, Seen, page, verdicts

LEVELS = ("privileged", "baseline", "restricted")
KINDS = ("userns", "rootful", "rootless")
SCRIPT = """
cd /tmp; export HOME=/tmp
docker pull -q busybox
docker run --rm busybox true
printf 'FROM busybox\\nRUN id\\n' > Dockerfile
docker build -q .
"""
BUILDKIT_SCRIPT = """
cd /tmp; export HOME=/tmp
docker buildx create --name far --driver remote $BUILDKIT_HOST
printf 'FROM busybox\\nRUN id\\n' > Dockerfile
docker buildx --builder far build --progress plain .
"""
RESTRICTED = {
    "runAsUser": 1000,
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
AT_LEVELS = "Kinds of isolation and levels"
WITHOUT = "A rootless sidecar without one of its fields"
WITHOUT_BUILDKIT = "The same with buildkitd"


def client(image: str = "docker:stable", script: str = SCRIPT) -> dict[str, Any]:
    """A pod that the level `restricted` admits."""
    return pod("client", container(image, "sh", "-ec", script, securityContext=RESTRICTED))


@contextmanager
def namespace_of(cluster: Cluster, level: str) -> Iterator[str]:
    """A namespace that admits what the level admits."""
    with new_namespace(cluster, f"level-{level}") as name:
        labels = {"pod-security.kubernetes.io/enforce": level}
        cluster.core.patch_namespace(name, {"metadata": {"labels": labels}})
        yield name


def tried(cluster: Cluster, namespace: str, body: dict[str, Any], table: str, case: str) -> Seen:
    """Create the pod and see what comes of it."""
    try:
        running = cluster.run(namespace, body)
    except ApiException as refused:
        return Seen(table, case, works=False, words=str(json.loads(str(refused.body))["message"]))
    try:
        running.wait(terminated("main"), 120)
    except AssertionError:
        # The client never ran: the agent's container said why.
        return Seen(table, case, works=False, words="; ".join(cluster.events(namespace, running.name)[-1:]))
    finally:
        said = running.logs("main")
        code = exit_code(running.read())
        running.delete()
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    return Seen(table, case, works=code == 0, words="" if code == 0 else last)


def exit_code(body: Any) -> int:
    """Of the client; -1 while it runs."""
    statuses = {one["name"]: one.get("state", {}) for one in body["status"].get("containerStatuses", [])}
    return int(exit_of(body)["exitCode"]) if "terminated" in statuses.get("main", {}) else -1


def without_each_field(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod, less one thing each."""
    fields = ("allowPrivilegeEscalation", "seccompProfile", "appArmorProfile", "procMount")
    for field in fields:
        less = deepcopy(body)
        context = less["spec"]["initContainers"][0]["securityContext"]
        context.pop(field)
        if field == "allowPrivilegeEscalation":
            context[field] = False
        yield f"without `{field}`", less
    less = deepcopy(body)
    less["spec"]["initContainers"][0]["securityContext"]["seccompProfile"] = {"type": "RuntimeDefault"}
    yield "without `seccompProfile: Unconfined, with RuntimeDefault`", less
    less = deepcopy(body)
    less["spec"]["initContainers"][0]["volumeMounts"] = [
        mount for mount in body["spec"]["initContainers"][0]["volumeMounts"] if mount["mountPath"] != "/dev/net/tun"
    ]
    yield "without `/dev/net/tun`", less
    less = deepcopy(body)
    less["spec"].pop("hostUsers")
    yield "without `hostUsers: false`", less
    less = deepcopy(body)
    less["spec"].pop("hostUsers")
    less["spec"]["initContainers"][0]["securityContext"].pop("procMount")
    yield "without `hostUsers: false and procMount`", less


def test_the_page_tells_what_is_seen(
    cluster: Cluster,
    inject: Injector,
    client_image: str,
    agent_image_with: Callable[[str], str],
    update: bool,
) -> None:
    buildkit = Injector(cluster, agent_image_with("buildkitd"))
    seen = []
    for level in LEVELS:
        with namespace_of(cluster, level) as namespace:
            for kind in KINDS:
                body = inject(client(), f"engine.isolation={kind}")
                body["metadata"]["name"] = f"client-{kind}"
                seen.append(tried(cluster, namespace, body, AT_LEVELS, f"`{kind}` at `{level}`"))
    rootless = "engine.isolation=rootless"
    for table, whole in (
        (WITHOUT, inject(client(), rootless)),
        (WITHOUT_BUILDKIT, buildkit(client(client_image, BUILDKIT_SCRIPT), rootless, "engine.kind=buildkitd")),
    ):
        with namespace_of(cluster, "privileged") as namespace:
            for number, (case, body) in enumerate([("with all of them", whole), *without_each_field(whole)]):
                body["metadata"]["name"] = f"client-{number}"
                seen.append(tried(cluster, namespace, body, table, case))
    text = page(cluster.version(), seen)
    if update:
        PAGE.write_text(text, encoding="utf-8")
    assert verdicts(PAGE.read_text(encoding="utf-8")) == verdicts(text), text
