"""Gives the containers of one pod (template) an engine; its inverse is eject_pod."""

from __future__ import annotations

from dinp.injector.client_edits import client_changes, mount_edits, own_variables, place
from dinp.injector.host_sockets import HostSocket, host_sockets, lost_directories
from dinp.injector.pod_view import Container, PodView, text
from dinp.injector.read_only_places import opened
from dinp.injector.record import Record, fingerprint
from dinp.injector.refusals import no_room, refusals
from dinp.injector.targets import Target, add_annotations, add_items
from dinp.injector.vocabulary import Answer, Inject, Refuse, Skip
from dinp.injector.workspaces import workspaces
from dinp.injector.wrong_types import wrong_types, wrong_way
from dinp.manifests.edits import AddEntry, Edit, SwapEntry
from dinp.model import annotations as names
from dinp.model.kube_object import KubeObject
from dinp.model.pod import Json, Object
from dinp.model.service_spec import Form, ServiceSpec
from dinp.topologies.all_topologies import TOPOLOGIES


def inject_workload(pod: PodView, each: KubeObject, spec: ServiceSpec, target: Target) -> Answer:
    """What would have to change in the pod of an object; also says where the object has no way to its pod."""
    blocked = wrong_way(each.data, each.template or ())
    return Refuse(blocked) if blocked else inject_pod(pod, each.kind, spec, target)


def inject_pod(pod: PodView, kind: str, spec: ServiceSpec, target: Target) -> Answer:
    """What would have to change.

    Args:
        pod: the pod or template.
        kind: of the object that it belongs to.
        spec: what the engine is to be.
        target: where the pod comes from.
    """
    if pod.injected is not None:
        return Skip("it was injected before; eject it first to change something")
    if pod.annotations.get(names.INJECT) in ("false", False):
        return Skip(f"its annotation {names.INJECT} says so")
    wrong = wrong_types(pod.data)
    if wrong:
        return Refuse(wrong)
    sockets = host_sockets(pod)
    clients = _clients(pod, spec)
    seen, notes = workspaces(clients, sockets)
    parts = TOPOLOGIES[spec.topology].pod_parts(spec, seen, sockets[0].name if sockets else None)
    against = (*refusals(pod, kind, spec), *no_room(pod, clients, parts.mounts))
    if against:
        return Refuse(against)
    edits: list[Edit] = []
    empty: dict[str, str] = {}
    renamed: dict[str, str] = {}
    read_only: dict[str, str] = {}
    socket_parts: dict[str, str | None] = {}
    for container in pod.containers:
        # Who gets none keeps its mount of the socket, which must not lead to a volume that is something else by now.
        if container in clients:
            changes = client_changes(container, parts, sockets, target)
        else:
            changes = mount_edits(container, sockets, target)
        rights, were = opened(container, sockets, target)
        read_only |= were
        edits += (*rights, *changes.edits)
        empty |= changes.empty
        renamed |= changes.renamed
        socket_parts |= changes.parts
        notes += changes.notes
    notes += lost_directories(pod, sockets)
    edits += [_source(socket) for socket in sockets]
    added: tuple[tuple[str, tuple[Object, ...], bool], ...] = (
        ("initContainers", tuple(parts.init_containers), True),
        ("containers", tuple(parts.containers), True),
        ("volumes", tuple(volume.data() for volume in parts.volumes), False),
    )
    for key, items, first in added:
        if items:
            edit, raw = add_items(target, ("spec",), pod.spec, key, items, first=first)
            edits.append(edit)
            empty |= {f"spec/{key}": raw} if raw is not None else {}
    fields = {key: value for key, value in parts.pod.items() if key not in pod.spec}
    edits += [AddEntry(("spec",), key, value) for key, value in fields.items()]
    environment = [variable.data() for variable in parts.environment]
    first_own = next(each for each in pod.containers if not each.initial)
    default = bool(parts.containers) and names.DEFAULT_CONTAINER not in pod.annotations
    record = Record(
        empty=empty | _empty_metadata(pod, target),
        sockets={socket.name: _raw_source(socket, target) for socket in sockets},
        parts=socket_parts,
        renamed=renamed,
        read_only=read_only,
        own={place(each): list(own) for each in pod.containers if (own := own_variables(each))},
        clients=[place(each) for each in clients],
        env={text(each, "name"): text(each, "value") for each in environment},
        mounts=[mount.data() for mount in parts.mounts],
        made={text(each, "name"): fingerprint(each) for _, items, _ in added for each in items},
        pod=fields,
        default=first_own.name if default else "",
    )
    marks: dict[str, Json] = {names.INJECTED: record.dumped()}
    if default:
        marks[names.DEFAULT_CONTAINER] = first_own.name
    annotated, _ = add_annotations(target, pod.data, marks)
    return Inject((*edits, *annotated), notes)


def _clients(pod: PodView, spec: ServiceSpec) -> tuple[Container, ...]:
    """Init containers are over before a plain container starts: there is no engine for them."""
    native = spec.form is Form.NATIVE
    return tuple(each for each in pod.clients if native or not each.initial)


def _empty_metadata(pod: PodView, target: Target) -> dict[str, str]:
    return add_annotations(target, pod.data, {})[1]


def _source(socket: HostSocket) -> Edit:
    """The volume stays, under its name: it holds the agent's socket now, or nothing."""
    return SwapEntry(("spec", "volumes", socket.position), "hostPath", "emptyDir", {})


def _raw_source(socket: HostSocket, target: Target) -> str:
    return target.raw_entry(("spec", "volumes", socket.position), "hostPath")
