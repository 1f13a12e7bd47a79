"""Takes away what inject_pod put into a pod (template), and puts back what was there before."""

from __future__ import annotations

import json

from dinp.injector.client_edits import place
from dinp.injector.host_sockets import tidy
from dinp.injector.pod_view import LISTS, Container, Entry, PodView, items, text
from dinp.injector.record import Record, read_record
from dinp.injector.vocabulary import Answer, Inject, Reason, Refuse, Skip
from dinp.manifests.edits import Edit, Path, RemoveEntry, RemoveItems, SetValue, SwapEntry
from dinp.manifests.yaml_tree import NotYamlError, parse, value
from dinp.model import annotations as names
from dinp.model.pod import Json
from dinp.model.problem import Problem
from dinp.topologies.client_contract import CONTRACT, SHARED


def eject_pod(pod: PodView) -> Answer:
    """What would have to change so that the pod is as it was before it was injected."""
    if pod.injected is None:
        return Skip("it was not injected")
    record = read_record(pod.injected)
    try:
        return Inject(_edits(pod, record), ()) if record is not None else _unreadable(pod.injected)
    except NotYamlError:
        return _unreadable(pod.injected)


def _unreadable(kept: str) -> Refuse:
    sentence = f"its annotation {names.INJECTED} cannot be read: {kept[:60]!r}."
    remedy = "Eject it with the version of dinp that injected it."
    return Refuse((Reason(("metadata", "annotations"), Problem("eject-record", sentence, remedy)),))


def _edits(pod: PodView, record: Record) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    for container in pod.containers:
        if container.name != names.CONTAINER:
            edits += _client(container, record)
    edits += _sockets(pod, record)
    for name in LISTS:
        positions = [
            number for number, each in enumerate(items(pod.spec, name)) if text(each, "name") == names.CONTAINER
        ]
        edits += _removal(("spec",), pod.spec, name, positions, record.empty.get(f"spec/{name}"))
    ours = [number for number, each in enumerate(items(pod.spec, "volumes")) if _is_ours(each, record)]
    edits += _removal(("spec",), pod.spec, "volumes", ours, record.empty.get("spec/volumes"))
    edits += [RemoveEntry(("spec",), key) for key in record.pod if key in pod.spec]
    return (*edits, *_annotations(pod, record))


def _client(container: Container, record: Record) -> list[Edit]:
    where = place(container)
    own = record.own.get(container.name, [])
    variables = [
        number
        for number, each in enumerate(items(container.data, "env"))
        if text(each, "name") in CONTRACT and text(each, "name") not in own
    ]
    edits = _removal(container.path, container.data, "env", variables, record.empty.get(f"{where}/env"))
    mounts = items(container.data, "volumeMounts")
    shared = record.socket_volume or names.SOCKET_VOLUME
    ours = [
        number
        for number, each in enumerate(mounts)
        if text(each, "name") in names.VOLUMES
        or (text(each, "name") == shared and tidy(text(each, "mountPath")) == SHARED)
    ]
    for number, mount in enumerate(mounts):
        if number in ours:
            continue
        path = (*container.path, "volumeMounts", number)
        before = record.renamed.get(f"{where}/{tidy(text(mount, 'mountPath'))}")
        name = _read(before) if before is not None else text(mount, "name")
        if name in record.files and mount.get("subPath") == "docker.sock":
            edits.append(RemoveEntry(path, "subPath"))
        if before is not None and text(mount, "name") == shared:
            edits.append(SetValue(path, "name", name, before))
    edits += _removal(container.path, container.data, "volumeMounts", ours, record.empty.get(f"{where}/volumeMounts"))
    return edits


def _sockets(pod: PodView, record: Record) -> list[Edit]:
    edits: list[Edit] = []
    for number, volume in enumerate(items(pod.spec, "volumes")):
        raw = record.sockets.get(text(volume, "name"))
        source = _read_entry(raw) if raw is not None else None
        if raw is not None and isinstance(source, dict) and "emptyDir" in volume:
            kind, below = next(iter(source.items()))
            edits.append(SwapEntry(("spec", "volumes", number), "emptyDir", kind, below, raw))
    return edits


def _annotations(pod: PodView, record: Record) -> list[Edit]:
    ours = [names.INJECTED, *([names.DEFAULT_CONTAINER] if record.default else [])]
    if set(pod.annotations) - set(ours):
        return [RemoveEntry(("metadata", "annotations"), key) for key in ours if key in pod.annotations]
    raw = record.empty.get("metadata/annotations")
    if raw is not None:
        return [SetValue(("metadata",), "annotations", _read(raw), raw)]
    metadata = pod.data.get("metadata")
    if isinstance(metadata, dict) and set(metadata) - {"annotations"}:
        return [RemoveEntry(("metadata",), "annotations")]
    raw = record.empty.get("metadata")
    return [SetValue((), "metadata", _read(raw), raw)] if raw is not None else [RemoveEntry((), "metadata")]


def _removal(path: Path, mapping: Entry, key: str, positions: list[int], raw: str | None) -> list[Edit]:
    """Takes items out of a list; the list itself too when nothing else is in it and it was not there before."""
    if not positions:
        return []
    if len(positions) < len(items(mapping, key)):
        return [RemoveItems((*path, key), frozenset(positions))]
    return [RemoveEntry(path, key)] if raw is None else [SetValue(path, key, _read(raw), raw)]


def _is_ours(volume: Entry, record: Record) -> bool:
    name = text(volume, "name")
    return name in names.VOLUMES and name not in record.sockets


def _read(raw: str) -> Json:
    documents = parse(raw)
    return value(documents[0]) if documents else None


def _read_entry(raw: str) -> Json:
    """A key and its value, from JSON or YAML."""
    try:
        found: Json = json.loads(f"{{{raw}}}")
    except ValueError:
        return _read(raw)
    return found
