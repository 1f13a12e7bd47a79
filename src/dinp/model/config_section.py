"""Reads nodes by a table of keys and collects every problem with its place instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf

from dinp.model import config_values
from dinp.model.config_keys import AGENT, Key, KeyKind
from dinp.model.nodes import Mapping, Node, Place, Scalar, Sequence
from dinp.model.problem import Problem
from dinp.model.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

_READERS: dict[KeyKind, Callable[[str], object]] = {
    KeyKind.TEXT: config_values.read_text,
    KeyKind.NAME: config_values.read_name,
    KeyKind.PATH: config_values.read_path,
    KeyKind.FILE: config_values.read_file,
    KeyKind.DURATION: config_values.read_finite_duration,
    KeyKind.DURATION_OR_NEVER: lambda text: inf if text == "never" else config_values.read_finite_duration(text),
    KeyKind.SIZE: config_values.read_size,
    KeyKind.NUMBER: config_values.read_number,
    KeyKind.COUNT: config_values.read_count,
    KeyKind.MODE: config_values.read_mode,
    KeyKind.ADDRESS: config_values.read_address,
    KeyKind.NETWORK: config_values.read_network,
    KeyKind.BOOLEAN: config_values.read_boolean,
    KeyKind.IMAGE: config_values.read_image,
    KeyKind.CHOICE: config_values.read_text,
}


class IdLookup(Value):
    """How names become ids; a name that it does not know gives None. Numbers never ask it."""

    user: Callable[[str], int | None]
    group: Callable[[str], int | None]


class Report:
    """The problems found so far in one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[Place, Problem]] = []

    def add(self, code: str, place: Place, sentence: str, remedy: str) -> None:
        """Note one problem; the sentence gets its place in front."""
        file = place.source or self.file
        self._found.append((place, Problem(code, f"{file}:{place.line}:{place.column}: {sentence}", remedy)))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of the text, and then of other texts that were laid over it."""
        found = sorted(self._found, key=lambda each: (each[0].source, each[0].line, each[0].column))
        return tuple(problem for _, problem in found)


class Section(Value):
    """The values below one mapping, with the place of each key's value."""

    path: str
    place: Place
    values: dict[str, object]
    places: dict[str, Place]

    def take(self, name: str, kind: type[T], default: T) -> T:
        """The value of a key, or `default` where there is none (or none that could be read)."""
        value = self.values.get(name, default)
        return value if isinstance(value, kind) else default

    def items(self, name: str, kind: type[T]) -> Iterator[T]:
        """The items of a list that could be read."""
        listed = self.values.get(name, ())
        for item in listed if isinstance(listed, tuple) else ():
            if isinstance(item, kind):
                yield item

    def section(self, name: str) -> Section | None:
        """The section below a key; None where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, Section) else None


class Reader(Value):
    """Reads one file: nodes by keys.

    Attributes:
        report: takes the problems.
        ids: how names of users and groups become ids.
        keys: every key of the file, to say where a misplaced one belongs.
    """

    report: Report
    ids: IdLookup
    keys: tuple[Key, ...] = AGENT

    def section(self, node: Node, keys: tuple[Key, ...], path: str) -> Section:
        """Read a mapping; whatever is wrong is reported and left out."""
        values: dict[str, object] = {}
        places: dict[str, Place] = {}
        section = Section(path, node.place, values, places)
        if isinstance(node, Scalar) and node.empty:
            entries: tuple[tuple[Scalar, Node], ...] = ()
        elif isinstance(node, Mapping):
            entries = node.entries
        else:
            expected = f"keys are expected below it: {', '.join(key.name for key in keys)}"
            self._wrong(node, path or "the file", expected, f"Write {keys[0].name}: … there.")
            return section
        known = {key.name: key for key in keys}
        for name, value in entries:
            key = known.get(name.text)
            full = f"{path}.{name.text}" if path else name.text
            if key is None:
                self._unknown(name, full, keys)
            elif name.text in places:
                self._twice(name, full, places[name.text])
            else:
                places[name.text] = value.place
                found = self._many(value, key, full) if key.many else self._one(value, key, full)
                if found is not None:
                    values[name.text] = found
        for key in keys:
            if key.required and key.name not in places:
                full = f"{path}.{key.name}" if path else key.name
                self.report.add("config-missing-key", node.place, f"{full} is missing.", f"Add it: {key.sentence}")
        return section

    def _many(self, node: Node, key: Key, path: str) -> tuple[object, ...] | None:
        if isinstance(node, Scalar) and node.empty:
            return ()
        if not isinstance(node, Sequence):
            self._wrong(node, path, "a list is expected", "Put '- ' in front of each item.")
            return None
        found = (self._one(item, key, f"{path}[{index}]") for index, item in enumerate(node.items))
        return tuple(item for item in found if item is not None)

    def _one(self, node: Node, key: Key, path: str) -> object | None:
        if key.kind is KeyKind.SECTION:
            return self.section(node, key.keys, path)
        if not isinstance(node, Scalar):
            expected = f"{_article(key)} is expected"
            self._wrong(node, path, expected, key.sentence)
            return None
        if node.empty:
            remedy = f"Write {_article(key)}, or remove the key." if not key.required else f"Write {_article(key)}."
            self.report.add("config-missing-key", node.place, f"{path} has no value.", remedy)
            return None
        return self._value(node, key, path)

    def _value(self, node: Scalar, key: Key, path: str) -> object | None:
        try:
            return self._read(node.text, key)
        except ValueError as error:
            self.report.add("config-bad-value", node.place, f"{path} is {shown(node.text)}.", _sentence(str(error)))
            return None

    def _read(self, text: str, key: Key) -> object:
        if key.kind in (KeyKind.USER, KeyKind.GROUP):
            return self._id(text, key.kind)
        return read_value(text, key)

    def _id(self, text: str, kind: KeyKind) -> int:
        if text.isascii() and text.isdigit() and int(text) < 2**32 - 1:
            return int(text)
        known = (self.ids.user if kind is KeyKind.USER else self.ids.group)(text)
        if known is None:
            what = "user" if kind is KeyKind.USER else "group"
            raise ValueError(f"there is no {what} of that name here; write its number")
        return known

    def _wrong(self, node: Node, path: str, expected: str, remedy: str) -> None:
        self.report.add("config-wrong-type", node.place, f"{path} is {_described(node)}, but {expected}.", remedy)

    def _twice(self, name: Scalar, path: str, first: Place) -> None:
        sentence = f"{path} stands here a second time; the first is in line {first.line}."
        self.report.add("config-duplicate-key", name.place, sentence, "Keep one of them.")

    def _unknown(self, name: Scalar, path: str, keys: tuple[Key, ...]) -> None:
        from difflib import get_close_matches

        near = get_close_matches(name.text, [key.name for key in keys], 1, 0.6)
        elsewhere = _homes(name.text, self.keys, "")
        if near:
            remedy = f"Did you mean {near[0]}?"
        elif elsewhere:
            remedy = f"It belongs below {elsewhere[0]}."
        else:
            remedy = f"Keys that may stand there: {', '.join(key.name for key in keys)}."
        self.report.add("config-unknown-key", name.place, f"{shown(path)} is not a key.", remedy)


def read_value(text: str, key: Key) -> object:
    """A single value as a key has it, wherever it is written; not for names of users and groups, nor for sections.

    Raises:
        ValueError: it is none; the words continue the sentence "KEY is "TEXT", but …".
    """
    value = _READERS[key.kind](text)
    if key.choices and value not in key.choices:
        raise ValueError(f"it must be one of {', '.join(key.choices)}")
    if key.least is not None and isinstance(value, int | float) and value < key.least:
        raise ValueError(f"less than {key.least_words} is not enough for any engine")
    if key.most is not None and isinstance(value, int) and value > key.most:
        raise ValueError(f"it is at most {key.most}")
    return value


def shown(text: str) -> str:
    """A value for a sentence: in quotes, without control characters, not too long."""
    plain = "".join(character if character.isprintable() else "�" for character in text)
    return f'"{plain[:60]}…"' if len(plain) > 60 else f'"{plain}"'


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _homes(name: str, keys: tuple[Key, ...], path: str) -> list[str]:
    """Where else in the file a key of that name belongs."""
    found = []
    for key in keys:
        if key.keys:
            below = f"{path}{key.name}{'[]' if key.many else ''}"
            found += [below for inner in key.keys if inner.name == name]
            found += _homes(name, key.keys, f"{below}.")
    return found


def _article(key: Key) -> str:
    if key.kind is KeyKind.CHOICE:
        return f"one of {', '.join(key.choices)}"
    words = key.kind.value.replace("`", "")
    return f"{'an' if words[0] in 'aI' else 'a'} {words}"


def _described(node: Node) -> str:
    if isinstance(node, Scalar):
        return shown(node.text) if not node.empty else "empty"
    return "a list" if isinstance(node, Sequence) else "a mapping"
