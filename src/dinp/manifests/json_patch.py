"""Edits as a JSON Patch (RFC 6902), the form in which an admission webhook answers."""

from __future__ import annotations

from dinp.manifests.edits import AddEntry, AddItems, Edit, Path, RemoveEntry, RemoveItems, SetValue, SwapEntry
from dinp.model.pod import Json, Object


def json_patch(edits: tuple[Edit, ...]) -> list[Object]:
    """The operations, in order; each counts on what those before it have done, as edits do."""
    return [operation for edit in edits for operation in _operations(edit)]


def _operations(edit: Edit) -> list[Object]:
    match edit:
        case AddItems(path, items, first):
            places = [str(number) if first else "-" for number in range(len(items))]
            return [_add((*path, place), item) for place, item in zip(places, items, strict=True)]
        case AddEntry(path, key, value):
            return [_add((*path, key), value)]
        case SetValue(path, key, value):
            return [{"op": "replace", "path": _pointer((*path, key)), "value": value}]
        case SwapEntry(path, key, new_key, value):
            return [_remove((*path, key)), _add((*path, new_key), value)]
        case RemoveItems(path, positions):
            return [_remove((*path, position)) for position in sorted(positions, reverse=True)]
        case RemoveEntry(path, key):
            return [_remove((*path, key))]


def _add(path: Path, value: Json) -> Object:
    return {"op": "add", "path": _pointer(path), "value": value}


def _remove(path: Path) -> Object:
    return {"op": "remove", "path": _pointer(path)}


def _pointer(path: Path) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
