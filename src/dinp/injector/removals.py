"""How lists and mappings lose what was put into them; the inverse of targets.py."""

from __future__ import annotations

import json

from dinp.injector.pod_view import Entry, items
from dinp.injector.vocabulary import Kept
from dinp.manifests.edits import Edit, Path, RemoveEntry, RemoveItems, SetValue
from dinp.manifests.yaml_tree import parse, value
from dinp.model.pod import Json
from dinp.model.value import Value


class Removal(Value):
    """What goes, and what is said of what stays."""

    edits: tuple[Edit, ...] = ()
    kept: tuple[Kept, ...] = ()


def removal(path: Path, mapping: Entry, key: str, positions: list[int], raw: str | None) -> list[Edit]:
    """Takes items out of a list; the list itself too when nothing else is in it and it was not there before.

    Args:
        path: of the mapping with the list.
        mapping: that one.
        key: of the list.
        positions: of the items.
        raw: how the list stood there when it was empty; None where it did not.
    """
    if not positions:
        return []
    if len(positions) < len(items(mapping, key)):
        return [RemoveItems((*path, key), frozenset(positions))]
    return [RemoveEntry(path, key)] if raw is None else [SetValue(path, key, read(raw), raw)]


def read(raw: str) -> Json:
    """What a text behind a key's colon says."""
    documents = parse(raw.lstrip(" \t"))  # a tab at the beginning would be indentation
    return value(documents[0]) if documents else None


def read_entry(raw: str) -> Json:
    """A key and its value, from JSON or YAML."""
    try:
        found: Json = json.loads(f"{{{raw}}}")
    except ValueError:
        return read(raw)
    return found
