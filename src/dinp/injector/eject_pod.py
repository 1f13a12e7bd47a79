"""Takes away what inject_pod put into a pod (template), and puts back what was there before."""

from __future__ import annotations

import json

from dinp.injector.eject_client import eject_client, given_mounts
from dinp.injector.pod_view import LISTS, Container, Entry, PodView, items, text
from dinp.injector.record import Record, fingerprint, read_record
from dinp.injector.removals import Removal, read, read_entry, removal
from dinp.injector.vocabulary import Answer, Inject, Kept, Reason, Refuse, Skip
from dinp.manifests.edits import Edit, Path, RemoveEntry, SetValue, SwapEntry
from dinp.manifests.yaml_tree import NotYamlError
from dinp.model import annotations as names
from dinp.model.problem import Problem


def eject_pod(pod: PodView) -> Answer:
    """What would have to change so that the pod is as it was before it was injected."""
    if pod.injected is None:
        return Skip("it was not injected")
    record = read_record(pod.injected)
    try:
        return _ejected(pod, record) if record is not None else _unreadable(pod.injected)
    except NotYamlError:
        return _unreadable(pod.injected)


def _unreadable(kept: str) -> Refuse:
    sentence = f"its annotation {names.INJECTED} cannot be read: {kept[:60]!r}."
    remedy = "Eject it with the version of dinp that injected it."
    return Refuse((Reason(("metadata", "annotations"), Problem("eject-record", sentence, remedy)),))


def _ejected(pod: PodView, record: Record) -> Inject:
    restored = frozenset(
        text(volume, "name") for volume in pod.volumes if text(volume, "name") in record.sockets and _is_empty(volume)
    )
    parts = [_sockets(pod, record)]
    parts += [eject_client(each, record, restored) for each in pod.containers if not _is_agent(each)]
    parts += [_agents(pod, record), _volumes(pod, record), _fields(pod, record), _annotations(pod, record)]
    return Inject(
        tuple(edit for part in parts for edit in part.edits), (), tuple(one for part in parts for one in part.kept)
    )


def _sockets(pod: PodView, record: Record) -> Removal:
    """The volumes that become the node's socket again."""
    edits: list[Edit] = []
    kept = []
    for number, volume in enumerate(items(pod.spec, "volumes")):
        name = text(volume, "name")
        raw = record.sockets.get(name)
        source = read_entry(raw) if raw is not None else None
        path = ("spec", "volumes", number)
        if raw is None or not isinstance(source, dict):
            continue
        if _is_empty(volume):
            kind, below = next(iter(source.items()))
            edits.append(SwapEntry(path, "emptyDir", kind, below, raw))
        else:
            sentence = f"the volume {name} was changed after the injection: it was kept, and is not the node's again."
            kept.append(Kept(path, sentence))
    return Removal(tuple(edits), tuple(kept))


def _is_empty(volume: Entry) -> bool:
    """Whether a volume that was the node's socket is what inject made of it."""
    return volume.get("emptyDir") == {}


def _agents(pod: PodView, record: Record) -> Removal:
    """The agent's container goes whatever was changed in it: half an engine serves nobody."""
    edits: list[Edit] = []
    kept = []
    for name in LISTS:
        positions = [
            number for number, each in enumerate(items(pod.spec, name)) if text(each, "name") == names.CONTAINER
        ]
        edits += removal(("spec",), pod.spec, name, positions, record.empty.get(f"spec/{name}"))
        kept += [
            _changed(("spec", name, number), f"container {names.CONTAINER}")
            for number in positions
            if fingerprint(items(pod.spec, name)[number]) != record.made.get(names.CONTAINER)
        ]
    return Removal(tuple(edits), tuple(kept))


def _volumes(pod: PodView, record: Record) -> Removal:
    """Dinp's volumes go too, but for those that something mounts which stays."""
    used = _still_mounted(pod, record)
    ours: list[int] = []
    kept = []
    for number, volume in enumerate(items(pod.spec, "volumes")):
        name = text(volume, "name")
        if name in record.made and name not in used:
            ours.append(number)
            if fingerprint(volume) != record.made[name]:
                kept.append(_changed(("spec", "volumes", number), f"volume {name}"))
    return Removal(tuple(removal(("spec",), pod.spec, "volumes", ours, record.empty.get("spec/volumes"))), tuple(kept))


def _still_mounted(pod: PodView, record: Record) -> set[str]:
    containers = [each for each in pod.containers if not _is_agent(each)]
    return {
        text(mount, "name")
        for container in containers
        for number, mount in enumerate(items(container.data, "volumeMounts"))
        if number not in given_mounts(container, record)
    }


def _changed(path: Path, what: str) -> Kept:
    return Kept(path, f"the {what} was changed after the injection, and is gone with its changes: it was dinp's.")


def _fields(pod: PodView, record: Record) -> Removal:
    """Fields of the pod's spec: of a mapping only what was put there."""
    edits: list[Edit] = []
    kept = []
    for key, before in record.pod.items():
        now = pod.spec.get(key)
        if key not in pod.spec:
            continue
        ours = before if isinstance(before, dict) else {}
        theirs = [name for name, each in now.items() if each != ours.get(name)] if isinstance(now, dict) else []
        if now == before or (isinstance(now, dict) and not theirs):
            edits.append(RemoveEntry(("spec",), key))
            continue
        if isinstance(now, dict):
            edits += [RemoveEntry(("spec", key), name) for name in now if name not in theirs]
        left = ", ".join(theirs) or json.dumps(now)
        kept.append(Kept(("spec", key), f"{key} was changed after the injection: {left} was kept."))
    return Removal(tuple(edits), tuple(kept))


def _is_agent(container: Container) -> bool:
    return container.name == names.CONTAINER


def _annotations(pod: PodView, record: Record) -> Removal:
    ours = [names.INJECTED]
    kept = []
    now = pod.annotations.get(names.DEFAULT_CONTAINER)
    if record.default and now == record.default:
        ours.append(names.DEFAULT_CONTAINER)
    elif record.default and now is not None:
        path = ("metadata", "annotations", names.DEFAULT_CONTAINER)
        kept.append(Kept(path, f"the default container is {now} since the injection: that was kept."))
    return Removal(tuple(_without(pod, ours, record)), tuple(kept))


def _without(pod: PodView, ours: list[str], record: Record) -> list[Edit]:
    """Annotations taken out, and what is empty then and was not there."""
    if set(pod.annotations) - set(ours):
        return [RemoveEntry(("metadata", "annotations"), key) for key in ours if key in pod.annotations]
    raw = record.empty.get("metadata/annotations")
    if raw is not None:
        return [SetValue(("metadata",), "annotations", read(raw), raw)]
    metadata = pod.data.get("metadata")
    if isinstance(metadata, dict) and set(metadata) - {"annotations"}:
        return [RemoveEntry(("metadata",), "annotations")]
    raw = record.empty.get("metadata")
    return [SetValue((), "metadata", read(raw), raw)] if raw is not None else [RemoveEntry((), "metadata")]
