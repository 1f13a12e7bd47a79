"""Objects of the Kubernetes API: of which kind, called what, and where in them pods are described."""

from __future__ import annotations

from collections.abc import Iterator

from dinp.model.pod import Json
from dinp.model.value import Value

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Where each kind describes its pods (Kubernetes API reference, "Workload Resources")."""

_GROUPS = frozenset({"", "apps", "batch", "extensions"})
"""Kubernetes' own groups with such kinds: others have kinds of these names that are something else (Volcano's Job)."""

ENDING = frozenset({"Job", "CronJob"})
"""Kinds whose pods are expected to end by themselves."""


class KubeObject(Value):
    """One object.

    Attributes:
        kind: as it says; empty where it says nothing.
        name: as it says, or `(no name)`.
        path: keys and positions that lead to it from the top of its document.
        template: keys that lead from it to the mapping with a pod's `metadata` and `spec`; None where it has none.
        data: the object.
    """

    kind: str
    name: str
    path: tuple[str | int, ...]
    template: tuple[str, ...] | None
    data: dict[str, Json]

    def __str__(self) -> str:
        """As people call it."""
        return f"{self.kind or 'Pod'} {self.name}"


def objects(
    document: Json, path: tuple[str | int, ...] = (), *, kind: str = "", version: str = ""
) -> Iterator[KubeObject]:
    """The objects of a document, those in lists one by one; what is no object is passed over.

    Args:
        document: what was read.
        path: to it.
        kind: of an object that does not say it: the API leaves it out in lists of one kind.
        version: the same for its apiVersion.
    """
    if not isinstance(document, dict):
        return
    items = document.get("items")
    if "kind" in document:
        kind, version = _word(document, "kind"), _word(document, "apiVersion")
    if kind.endswith("List") and isinstance(items, list):
        for position, item in enumerate(items):
            yield from objects(item, (*path, "items", position), kind=kind.removesuffix("List"), version=version)
        return
    yield KubeObject(kind, _name(document), path, _template(kind, version, document), document)


def _word(document: dict[str, Json], key: str) -> str:
    found = document.get(key)
    return found if isinstance(found, str) else ""


def _name(document: dict[str, Json]) -> str:
    metadata = document.get("metadata")
    found = metadata.get("name") or metadata.get("generateName") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else "(no name)"


def _template(kind: str, version: str, document: dict[str, Json]) -> tuple[str, ...] | None:
    if version.rpartition("/")[0] not in _GROUPS:
        return None
    if kind:
        return _TEMPLATES.get(kind)
    spec = document.get("spec")
    # CI systems take pods without a kind: Jenkins' `yaml`, for one.
    return () if isinstance(spec, dict) and isinstance(spec.get("containers"), list) else None
