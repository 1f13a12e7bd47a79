"""`--set key=value`: one key of a service spec from the command line, and how it is laid over a file."""

from __future__ import annotations

import re

from dinp.model.config_keys import Key
from dinp.model.config_section import Report
from dinp.model.nodes import Mapping, Node, Place, Scalar, Sequence

_COMMA = re.compile(r"(?<!\\),")


def setting(words: str, keys: tuple[Key, ...], report: Report) -> Node | None:
    r"""The nodes of `engine.limits.memory=4GiB`; None with a problem in the report where it has no `=`.

    A value for a list has commas between its items; `\,` is a comma of an item's own. Where items are NAME=VALUE,
    what follows a comma and has no `=` belongs to the value before.
    """
    path, equals, value = words.partition("=")
    names = path.strip().split(".")
    if not equals or not all(names):
        remedy = "Write key=value with dots between keys, e.g. --set engine.limits.memory=4GiB."
        report.add("config-syntax", Place(1, 1), "this is no setting.", remedy)
        return None
    # In a text of its own: what becomes of it may be laid over a file.
    place = Place(1, len(path) + 2, report.file)
    last = _key(names, keys)
    node: Node = Scalar(place, value, empty=not value)
    if last is not None and last.many:
        items = _items(value, assigned=last.assigned)
        node = Sequence(place, tuple(Scalar(place, item, empty=False) for item in items))
    column = len(path) + 1
    for name in reversed(names):
        column -= len(name) + 1
        place = Place(1, column + 1, report.file)
        node = Mapping(place, ((Scalar(place, name, empty=False), node),))
    return node


def _items(value: str, *, assigned: bool) -> list[str]:
    """The items of a list in one text."""
    items: list[str] = []
    for part in _COMMA.split(value):
        text = part.replace("\\,", ",").strip()
        if assigned and items and text and "=" not in text:
            items[-1] += f",{text}"
        elif text:
            items.append(text)
    return items


def overlaid(below: Node, above: Node) -> Node:
    """`below` with what `above` says instead; mappings are laid over each other key by key."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    entries = dict(_named(below))
    for name, (key, value) in _named(above).items():
        before = entries.get(name)
        entries[name] = (key, overlaid(before[1], value) if before is not None else value)
    return Mapping(below.place, tuple(entries.values()))


def _named(mapping: Mapping) -> dict[str, tuple[Scalar, Node]]:
    return {key.text: (key, value) for key, value in mapping.entries}


def _key(names: list[str], keys: tuple[Key, ...]) -> Key | None:
    found = None
    for name in names:
        found = next((key for key in keys if key.name == name), None)
        keys = found.keys if found is not None else ()
    return found
