"""How lists and mappings are filled, whether they are there, empty, or missing."""

from __future__ import annotations

import json
from typing import Protocol

from dinp.injector.pod_view import Entry
from dinp.manifests.edit_values import at
from dinp.manifests.edits import AddEntry, AddItems, Edit, Path, SetValue
from dinp.model.pod import Json
from dinp.model.value import Value


class Target(Protocol):
    """Where the pod comes from: a file whose text has to come back, or an API object that has none."""

    def raw_value(self, path: Path, key: str) -> str:
        """The text behind the colon of a key of the mapping at `path`."""
        ...

    def raw_entry(self, path: Path, key: str) -> str:
        """The text of a key and its value."""
        ...


class ValueTarget(Value):
    """A pod that has no text: an object of the API."""

    pod: Json

    def raw_value(self, path: Path, key: str) -> str:
        """See `Target`."""
        return f" {json.dumps(at(self.pod, (*path, key)), ensure_ascii=False)}"

    def raw_entry(self, path: Path, key: str) -> str:
        """See `Target`."""
        return f"{json.dumps(key)}:{self.raw_value(path, key)}"


def add_items(
    target: Target, path: Path, mapping: Entry, key: str, items: tuple[Json, ...], *, first: bool = False
) -> tuple[Edit, str | None]:
    """Put items into a list of a mapping.

    Returns:
        The edit, and, where the list was there but empty, its text.
    """
    if key not in mapping:
        return AddEntry(path, key, list(items)), None
    if not mapping[key]:
        return SetValue(path, key, list(items)), target.raw_value(path, key)
    return AddItems((*path, key), items, first), None


def add_annotations(target: Target, pod: Entry, added: dict[str, Json]) -> tuple[tuple[Edit, ...], dict[str, str]]:
    """Put annotations on a pod.

    Returns:
        The edits, and the text of what was there but empty, by place.
    """
    metadata = pod.get("metadata")
    if not metadata or not isinstance(metadata, dict):
        if "metadata" not in pod:
            return (AddEntry((), "metadata", {"annotations": added}),), {}
        return (SetValue((), "metadata", {"annotations": added}),), {"metadata": target.raw_value((), "metadata")}
    path = ("metadata",)
    if "annotations" not in metadata:
        return (AddEntry(path, "annotations", added),), {}
    if not metadata["annotations"]:
        return (SetValue(path, "annotations", added),), {"metadata/annotations": target.raw_value(path, "annotations")}
    return tuple(AddEntry((*path, "annotations"), key, value) for key, value in added.items()), {}
