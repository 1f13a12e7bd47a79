"""Why a pod cannot be injected safely: one small check each, all of them asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dinp.injector.host_sockets import host_sockets, tidy
from dinp.injector.pod_view import Container, PodView, text
from dinp.injector.read_only_places import in_the_way
from dinp.injector.vocabulary import Reason
from dinp.manifests.edits import Path
from dinp.model import annotations as names
from dinp.model.engine_spec import IsolationKind
from dinp.model.kube_object import ENDING
from dinp.model.pod import Mount
from dinp.model.problem import Problem
from dinp.model.service_spec import Form, ServiceSpec, StorageKind
from dinp.topologies.client_contract import CERTIFICATES, CREDENTIALS, SHARED
from dinp.topologies.sidecar_privilege import OF_ROOT, ROOTLESS_USER

_ENGINE_IMAGE = re.compile(r"(^|/)docker:[^/]*dind|(^|/)dind([:@-]|$)|docker-?in-?docker")
_ONCE = "fsGroupChangePolicy: OnRootMismatch"
_ENGINE_PROGRAM = re.compile(r"(^|/)(dockerd(-entrypoint\.sh)?|dockerd-rootless\.sh)$")


def refusals(pod: PodView, kind: str, spec: ServiceSpec) -> tuple[Reason, ...]:
    """Every reason against injecting this pod; none when it is safe."""
    checks = (_no_containers, _names, _own_names, _own_engine, _own_directory, _socket_parts, _sources, _places)
    found = [reason for check in checks for reason in check(pod)]
    return (*found, *_of_the_pod(pod), *_of_the_form(pod, kind, spec))


def _no_containers(pod: PodView) -> Iterator[Reason]:
    if all(each.initial for each in pod.containers):
        yield _reason(("spec",), "inject-no-containers", "it has no containers.", "Name at least one.")


def _names(pod: PodView) -> Iterator[Reason]:
    seen: set[str] = set()
    for container in pod.containers:
        if not container.name or container.name in seen:
            what = f"there are two containers called {container.name}" if container.name else "a container has no name"
            remedy = "Give each container a name of its own; Kubernetes asks for it too."
            yield _reason(container.path, "inject-container-name", f"{what}.", remedy)
        seen.add(container.name)
    for name in pod.wanted:
        if name not in seen:
            sentence = f"the annotation {names.CONTAINERS} names {name}, but no container is called that."
            remedy = f"Name some of {', '.join(sorted(seen))}."
            yield _reason(("metadata", "annotations"), "inject-container-name", sentence, remedy)


def _places(pod: PodView) -> Iterator[Reason]:
    for container in pod.containers:
        seen: set[str] = set()
        for mount in container.mounts:
            place = tidy(text(mount, "mountPath"))
            if place in seen:
                sentence = f"it mounts two volumes at {place}: only the later one can be seen there."
                yield _reason(container.path, "inject-mounted-twice", sentence, "Keep one of the two mounts.")
            seen.add(place)


def _own_names(pod: PodView) -> Iterator[Reason]:
    for container in pod.containers:
        if container.name == names.CONTAINER:
            sentence = f"a container is called {container.name} already, and dinp did not put it there."
            yield _reason(container.path, "inject-name-taken", sentence, "Give it another name.")
    for position, volume in enumerate(pod.volumes):
        if text(volume, "name") in names.VOLUMES:
            sentence = f"a volume is called {text(volume, 'name')} already, and dinp did not put it there."
            yield _reason(("spec", "volumes", position), "inject-name-taken", sentence, "Give it another name.")


def _own_engine(pod: PodView) -> Iterator[Reason]:
    for container in pod.containers:
        if runs_an_engine(container):
            sentence = f"the container {container.name} is a Docker engine of its own."
            remedy = (
                f'Remove it, and DOCKER_HOST from its clients; or keep it, with the annotation {names.INJECT}: "false".'
            )
            yield _reason(container.path, "inject-own-engine", sentence, remedy)


def runs_an_engine(container: Container) -> bool:
    """Whether a container starts a Docker engine: by its command, or by an image whose entrypoint does."""
    command, arguments = _words(container, "command"), _words(container, "args")
    if any(_ENGINE_PROGRAM.search(word) for word in (*command[:1], *arguments[:1])):
        return True
    untouched = not command and (not arguments or arguments[0].startswith("-"))
    return untouched and _ENGINE_IMAGE.search(text(container.data, "image")) is not None


def _words(container: Container, key: str) -> list[str]:
    found = container.data.get(key)
    return [str(word) for word in found] if isinstance(found, list) else []


def _own_directory(pod: PodView) -> Iterator[Reason]:
    for container in pod.containers:
        for mount in container.mounts:
            path = tidy(text(mount, "mountPath"))
            if any(path == taken or path.startswith(f"{taken}/") for taken in (SHARED, CERTIFICATES, CREDENTIALS)):
                sentence = f"the container {container.name} has a volume at {path}, where dinp mounts its own."
                yield _reason(container.path, "inject-path-taken", sentence, "Mount that volume elsewhere.")


def no_room(pod: PodView, clients: tuple[Container, ...], mounts: tuple[Mount, ...]) -> Iterator[Reason]:
    """Clients in which what they are to be given cannot be mounted."""
    sockets = host_sockets(pod)
    for container in clients:
        found = in_the_way(container, pod.volumes, sockets, mounts)
        if found is not None:
            volume, path = text(found, "name"), tidy(text(found, "mountPath"))
            places = " and ".join(mount.path for mount in mounts)
            sentence = (
                f"the container {container.name} only reads the volume {volume} at {path}: no place for {places}."
            )
            remedy = "Mount that volume elsewhere, or, where its kind allows it, without readOnly."
            yield _reason(container.path, "inject-read-only-place", sentence, remedy)


def _socket_parts(pod: PodView) -> Iterator[Reason]:
    files = {socket.name for socket in host_sockets(pod) if socket.is_file}
    for container in pod.containers:
        for mount in container.mounts:
            if text(mount, "name") in files and (mount.get("subPath") or mount.get("subPathExpr")):
                sentence = f"the container {container.name} mounts a part of the host's socket, which is a file."
                yield _reason(container.path, "inject-socket-part", sentence, "Remove subPath from that mount.")


def _sources(pod: PodView) -> Iterator[Reason]:
    for socket in host_sockets(pod):
        others = sorted(set(pod.volumes[socket.position]) - {"name", "hostPath"})
        if others:
            sentence = f"the volume {socket.name} has hostPath and {', '.join(others)}; Kubernetes expects one source."
            path = ("spec", "volumes", socket.position)
            yield _reason(path, "inject-wrong-type", sentence, "Keep hostPath alone, or the other one.")


def _of_the_pod(pod: PodView) -> Iterator[Reason]:
    if pod.spec.get("hostPID") is True:
        sentence = "it uses the node's process ids, so its containers see the engine, and could end any engine there."
        yield _reason(("spec", "hostPID"), "inject-host-pid", sentence, "Remove hostPID, or leave this pod alone.")
    system = pod.spec.get("os")
    selector = pod.spec.get("nodeSelector")
    named = text(system, "name") if isinstance(system, dict) else ""
    chosen = text(selector, "kubernetes.io/os") if isinstance(selector, dict) else ""
    if "windows" in (named, chosen):
        yield _reason(("spec",), "inject-windows", "it runs on Windows.", "Engines run on Linux: choose Linux nodes.")


def _of_the_form(pod: PodView, kind: str, spec: ServiceSpec) -> Iterator[Reason]:
    if spec.form is Form.CONTAINER and kind in ENDING:
        sentence = f"a {kind} whose agent is a plain container never ends: it waits for all of its containers."
        yield _reason(("spec",), "job-never-ends", sentence, "Choose form: native.")
    if spec.form is Form.CONTAINER:
        yield from _too_early(pod)
    yield from _group_of_volumes(pod, spec)
    host_network = pod.spec.get("hostNetwork") is True
    if spec.engine.isolation is not IsolationKind.ROOTLESS:
        if host_network:
            sentence = (
                "it is on the node's network: links, firewall rules and forwarding for its engine would be the node's,"
                " and stay there when the pod is killed."
            )
            remedy = "Remove hostNetwork (published ports answer at the pod's address), or leave this pod alone."
            yield _reason(("spec", "hostNetwork"), "inject-host-network", sentence, remedy)
        if pod.spec.get("hostUsers") is False:
            what = "its user namespace (hostUsers: false) leaves an agent that is root too little to be root of."
            remedy = "Choose engine.isolation: rootless, which is made for such pods; or remove hostUsers."
            yield _reason(("spec", "hostUsers"), "inject-user-namespace", what, remedy)
        return
    if host_network or any(pod.spec.get(key) is True for key in ("hostUsers", "hostIPC")):
        sentence = (
            "a rootless engine needs a user namespace for the pod, which hostUsers, hostNetwork and hostIPC rule out."
        )
        remedy = "Remove them." if host_network else "Remove them, or choose engine.isolation: userns."
        yield _reason(("spec",), "inject-no-user-namespace", sentence, remedy)


def _group_of_volumes(pod: PodView, spec: ServiceSpec) -> Iterator[Reason]:
    """What the pod itself says about its volumes' group, where it matters to the engine's state."""
    if "securityContext" not in pod.spec or spec.storage.kind not in OF_ROOT:
        return
    found = pod.spec["securityContext"]
    context = found if isinstance(found, dict) else {}
    group, where = context.get("fsGroup"), ("spec", "securityContext")
    if group is None and spec.engine.isolation is IsolationKind.ROOTLESS:
        sentence = "its securityContext has no fsGroup, and a rootless engine may not write to a volume that is root's."
        yield _reason(where, "inject-fs-group", sentence, f"Add fsGroup: {ROOTLESS_USER} and {_ONCE} to it.")
    once = f"fsGroupChangePolicy: {context.get('fsGroupChangePolicy')}" == _ONCE
    if group is not None and not once and spec.storage.kind is StorageKind.CLAIM:
        sentence = "by its fsGroup kubelet would change the group of every file of the engine, at each start."
        yield _reason(where, "inject-fs-group", sentence, f"Add {_ONCE} beside fsGroup.")


def _too_early(pod: PodView) -> Iterator[Reason]:
    sockets = {socket.name for socket in host_sockets(pod)}
    for container in pod.containers:
        asks = container.name in pod.wanted or any(text(mount, "name") in sockets for mount in container.mounts)
        if container.initial and asks:
            sentence = f"the init container {container.name} uses Docker, but is over before a plain container starts."
            yield _reason(container.path, "inject-too-early", sentence, "Choose form: native.")


def _reason(path: Path, code: str, sentence: str, remedy: str) -> Reason:
    return Reason(path, Problem(code, sentence, remedy))
