"""Edits of lists and mappings in flow style: JSON, and the short forms of YAML."""

from __future__ import annotations

import json

from dinp.manifests.spans import line_start
from dinp.manifests.splices import Splice
from dinp.manifests.yaml_tree import Mapping, Sequence
from dinp.model.pod import Json


def with_items(text: str, node: Sequence, items: tuple[Json, ...], *, first: bool) -> Splice:
    """Items put before or behind those of a list that has some."""
    neighbour = node.items[0] if first else node.items[-1]
    between = _between(text, neighbour.start)
    shown = between.join(inline(item, text, neighbour.start) for item in items)
    if first:
        return Splice(neighbour.start, neighbour.start, shown + between)
    return Splice(neighbour.end, neighbour.end, between + shown)


def with_entry(text: str, node: Mapping, key: str, value: Json) -> Splice:
    """A key put behind those of a mapping that has some."""
    last, below = node.entries[-1]
    shown = f"{json.dumps(key)}: {inline(value, text, last.start)}"
    return Splice(below.end, below.end, _between(text, last.start) + shown)


def without(spans: list[tuple[int, int]], positions: frozenset[int], opening: int) -> list[Splice]:
    """Parts taken out, each run of them together with the comma that joined it to its neighbour."""
    splices = []
    for run in _runs(positions):
        start, end = spans[run[0]][0], spans[run[-1]][1]
        if run[0] > 0:
            start = spans[run[0] - 1][1]
        elif run[-1] + 1 < len(spans):
            end = spans[run[-1] + 1][0]
        else:
            start = opening + 1
        splices.append(Splice(start, end, ""))
    return splices


def inline(value: Json, text: str, position: int) -> str:
    """A value as JSON, over several lines where the text around `position` is laid out so."""
    indent = _indentation(text, position)
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    step: int | str = 4 if len(indent) >= 4 and '\n    "' in text and '\n  "' not in text else 2
    if "\t" in indent:
        step = "\t"
    return json.dumps(value, ensure_ascii=False, indent=step).replace("\n", f"\n{indent}")


def _between(text: str, position: int) -> str:
    indent = _indentation(text, position)
    return ", " if indent is None else f",\n{indent}"


def _indentation(text: str, position: int) -> str | None:
    """The blanks before a part that begins a line of a JSON text; None where it does not."""
    before = text[line_start(text, position) : position]
    pretty = not before.strip() and text.lstrip().startswith(("{", "["))
    return before if pretty else None


def _runs(positions: frozenset[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and runs[-1][-1] + 1 == position:
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs
