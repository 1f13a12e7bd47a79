"""A YAML (or JSON) text as nodes that know which characters they are made of, so that edits touch nothing else.

Built from the parser's events without recursion. Aliases stay aliases: what they stand for is read through them, but an
edit behind one would change several places at once and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from dinp.manifests.yaml_tabs import TabLoader
from dinp.model.pod import Json


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A single value; `start` and `end` are offsets of characters, here and below."""

    start: int
    end: int
    text: str
    plain: bool
    block: bool

    @property
    def empty(self) -> bool:
        """No value at all: a key with nothing behind it, `null` or `~`."""
        return self.plain and self.text in _NULL


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list; `dash` is the offset of the first dash of a block list."""

    start: int
    end: int
    flow: bool
    dash: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Keys with values in the order of the text."""

    start: int
    end: int
    flow: bool
    entries: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """`*name`, and what it stands for."""

    start: int
    end: int
    target: Node


Node = Scalar | Sequence | Mapping | Alias


class NotYamlError(Exception):
    """The text is no YAML; offsets of the place, and words."""

    def __init__(self, line: int, column: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.column = column
        self.what = what


def parse(text: str) -> tuple[Node, ...]:
    """The documents of a text; empty ones are left out.

    Raises:
        NotYamlError: at the first mistake.
    """
    builder = _Builder(text)
    try:
        # The parser in Python: offsets of the one in C are bytes, and its ends of flow lists are less exact.
        for event in yaml.parse(text, Loader=TabLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise NotYamlError(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, words) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = error.position - before.rfind("\n")
        raise NotYamlError(before.count("\n") + 1, column, "a character that YAML does not allow") from error
    return tuple(builder.documents)


def value(node: Node) -> Json:
    """What a node says, aliases and merge keys followed."""
    match node:
        case Scalar():
            return _scalar(node)
        case Sequence():
            return [value(item) for item in node.items]
        case Alias():
            return value(node.target)
        case Mapping():
            return _mapping(node)


def entry(node: Node | None, key: str) -> tuple[Scalar, Node] | None:
    """A mapping's key and value, without following aliases or merges; of a key that is there twice the last."""
    if not isinstance(node, Mapping):
        return None
    return next((each for each in reversed(node.entries) if each[0].text == key), None)


def _mapping(node: Mapping) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    own: dict[str, Json] = {}
    for key, below in node.entries:
        if key.text != "<<":
            own[key.text] = value(below)
            continue
        found = value(below)
        for each in reversed(found) if isinstance(found, list) else (found,):
            if isinstance(each, dict):
                merged.update(each)
    return {**merged, **own}


_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}
"""YAML 1.1's words, which the YAML parser of kubectl takes as well."""


def _scalar(node: Scalar) -> Json:
    if not node.plain:
        return node.text
    if node.empty:
        return None
    if node.text in _TRUE | _FALSE:
        return node.text in _TRUE
    if node.text[0] not in "+-.0123456789":
        return node.text
    for read in (int, float):
        try:
            return read(node.text)
        except ValueError:
            continue
    return node.text


_Parts = list[Node]

DEEPEST = 100
"""Levels; objects of the API have some twenty."""

LARGEST = 1_000_000
"""Values that a document may stand for with its aliases written out: a few lines can multiply to billions."""


class _Builder:
    """Puts nodes together from the parser's events."""

    def __init__(self, text: str) -> None:
        self.documents: list[Node] = []
        self._text = text
        self._anchors: dict[str, Node] = {}
        self._sizes: dict[Node, int] = {}
        self._open: list[tuple[yaml.CollectionStartEvent, _Parts]] = []

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            target = self._anchors.get(event.anchor or "")
            if target is None:
                raise _mistake(event, f"there is no anchor &{event.anchor} before this")
            alias = Alias(_start(event), _end(event), target)
            self._measure(event, alias, self._sizes.get(target, 1))
            self._put(alias, None)
        elif isinstance(event, yaml.ScalarEvent):
            self._put(_scalar_of(event), event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) == DEEPEST:
                raise _mistake(event, f"lists and mappings are nested more than {DEEPEST} deep")
            self._open.append((event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, parts = self._open.pop()
            end = _end(event) if start.flow_style else (parts[-1].end if parts else _end(start))
            made = self._collection(start, parts, end)
            self._measure(start, made, 1 + sum(self._sizes.get(part, 1) for part in parts))
            self._put(made, start.anchor)

    def _measure(self, event: yaml.Event, node: Node, size: int) -> None:
        if size > LARGEST:
            raise _mistake(event, f"with its aliases written out it stands for more than {LARGEST} values")
        self._sizes[node] = size

    def _collection(self, start: yaml.CollectionStartEvent, parts: _Parts, end: int) -> Node:
        first, flow = _start(start), bool(start.flow_style)
        if isinstance(start, yaml.SequenceStartEvent):
            # The event ends before the first dash, or behind it where the list is not indented.
            last = _end(start)
            dash = last if self._text[last : last + 1] == "-" else last - 1
            dash = first if self._text[first : first + 1] == "-" else dash
            return Sequence(first, end, flow, dash, tuple(parts))
        entries = []
        for key, below in zip(parts[::2], parts[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise _mistake(start, "a key that is no plain word")
            entries.append((key, below))
        return Mapping(first, end, flow, tuple(entries))

    def _put(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][1].append(node)
        elif not (isinstance(node, Scalar) and node.empty):
            self.documents.append(node)


def _scalar_of(event: yaml.ScalarEvent) -> Scalar:
    plain = event.tag is None and bool(event.implicit[0])
    return Scalar(_start(event), _end(event), event.value, plain, event.style in ("|", ">"))


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _end(event: yaml.Event) -> int:
    return event.end_mark.index if event.end_mark else 0


def _mistake(event: yaml.Event, what: str) -> NotYamlError:
    mark = event.start_mark
    return NotYamlError(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, what)
