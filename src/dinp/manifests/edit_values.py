"""Applies edits to an object; what was given stays as it was."""

from __future__ import annotations

from copy import deepcopy

from dinp.manifests.edits import AddEntry, AddItems, Edit, Path, RemoveEntry, RemoveItems, SetValue, SwapEntry
from dinp.model.pod import Json


def edited(thing: Json, edits: tuple[Edit, ...]) -> Json:
    """The object with all edits made; positions of removals count in the object as it was."""
    result: Json = deepcopy(thing)
    for edit in edits:
        _apply(result, edit)
    return result


def at(thing: Json, path: Path) -> Json:
    """What stands at a path; None where nothing does."""
    for step in path:
        if isinstance(thing, dict) and isinstance(step, str):
            thing = thing.get(step)
        elif isinstance(thing, list) and isinstance(step, int) and step < len(thing):
            thing = thing[step]
        else:
            return None
    return thing


def _apply(thing: Json, edit: Edit) -> None:
    place = at(thing, edit.path)
    match edit:
        case AddItems():
            place = _list(place)
            position = 0 if edit.first else len(place)
            place[position:position] = deepcopy(list(edit.items))
        case AddEntry() | SetValue():
            _dict(place)[edit.key] = deepcopy(edit.value)
        case SwapEntry():
            mapping = _dict(place)
            entries = [
                (edit.new_key, deepcopy(edit.value)) if key == edit.key else (key, value)
                for key, value in mapping.items()
            ]
            mapping.clear()
            mapping.update(entries)
        case RemoveItems():
            items = _list(place)
            items[:] = [item for position, item in enumerate(items) if position not in edit.positions]
        case RemoveEntry():
            del _dict(place)[edit.key]


def _list(thing: Json) -> list[Json]:
    if not isinstance(thing, list):
        raise TypeError(f"an edit expects a list, not {thing!r}")
    return thing


def _dict(thing: Json) -> dict[str, Json]:
    if not isinstance(thing, dict):
        raise TypeError(f"an edit expects a mapping, not {thing!r}")
    return thing
