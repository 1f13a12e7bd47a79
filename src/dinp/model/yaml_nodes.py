"""A YAML text as nodes that know where they stand; scalars stay text, so that nothing turns into a number by surprise.

Built from the parser's events without recursion, so that no text can exhaust the stack. Aliases, tags and further
documents are refused: a configuration that people read top to bottom needs none of them.
"""

import yaml

from dinp.model.nodes import Mapping, Node, Place, Scalar, Sequence

LONGEST = 1 << 20
"""Characters; a thousand tenants with every key take a quarter of it."""

DEEPEST = 32
"""Levels; no key lies deeper than five, and parsers take quadratic time for thousands of open brackets."""


class YamlError(Exception):
    """A text that is not the YAML that is read here.

    Attributes:
        place: where.
        what: what is wrong there.
        remedy: what to do about it.
    """

    def __init__(self, place: Place, what: str, remedy: str) -> None:
        super().__init__(what)
        self.place = place
        self.what = what
        self.remedy = remedy


_WRITE_OUT = "Write the value out where it is meant."


def parse_yaml(text: str) -> Node | None:
    """The one document of `text`; None when there is none.

    Raises:
        YamlError: the text is not YAML, or uses what is refused here; the first such place.
    """
    if len(text) > LONGEST:
        raise YamlError(Place(1, 1), f"the text has {len(text)} characters, more than {LONGEST}", "Shorten it.")
    builder = _Builder()
    # libyaml's parser is ten times as fast; PyYAML may have been built without it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        begun = error.context
        if begun and error.context_mark:
            begun += f" begun in line {_place(error.context_mark).line}"
        words = ", ".join(part for part in (begun, error.problem) if part)
        remedy = "Mend the YAML there: look at indentation, colons, quotes and tabs."
        raise YamlError(place, f"not valid YAML: {words}", remedy) from error
    except (yaml.YAMLError, UnicodeError) as error:
        place, character = _first_unreadable(text)
        raise YamlError(
            place, f"the character U+{character:04X} is not allowed in YAML", "Remove it; save the file as UTF-8."
        ) from error
    return builder.root


def _place(mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> Place:
    """A parser's mark, which counts from 0; the beginning of the text where there is none."""
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _first_unreadable(text: str) -> tuple[Place, int]:
    """Where the first character stands that YAML does not allow (YAML 1.1, "c-printable")."""
    line = column = 1
    for character in text:
        code = ord(character)
        fine = code in (0x9, 0xA, 0xD, 0x85) or 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xD7FF
        if not (fine or (0xE000 <= code <= 0xFFFD and code != 0xFEFF) or code >= 0x10000):
            return Place(line, column), code
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return Place(1, 1), ord(text[0]) if text else 0


class _Builder:
    """Puts nodes together from the parser's events."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._documents = 0
        self._open: list[tuple[Place, bool, list[Node]]] = []

    def take(self, event: yaml.Event) -> None:
        place = _place(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlError(place, "a second document begins here", "Keep one document: remove the line '---'.")
        elif isinstance(event, yaml.AliasEvent):
            raise YamlError(place, f"the alias *{event.anchor} is not read here", _WRITE_OUT)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(place, event.tag)
            empty = event.implicit[0] and event.value in ("", "~", "null")
            self._put(Scalar(place, event.value, empty))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(place, event.tag)
            if len(self._open) == DEEPEST:
                raise YamlError(place, f"lists and mappings are nested more than {DEEPEST} deep", "Close them earlier.")
            self._open.append((place, isinstance(event, yaml.MappingStartEvent), []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, is_mapping, parts = self._open.pop()
            self._put(_mapping(start, parts) if is_mapping else Sequence(start, tuple(parts)))

    def _put(self, node: Node) -> None:
        if self._open:
            self._open[-1][2].append(node)
        else:
            self.root = node

    @staticmethod
    def _refuse_tag(place: Place, tag: str | None) -> None:
        if tag is not None:
            raise YamlError(
                place, f"the tag {tag} is not read here", "Remove it: each key knows the type of its value."
            )


def _mapping(place: Place, parts: list[Node]) -> Mapping:
    entries = []
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise YamlError(key.place, "a list or a mapping stands where a key is expected", "Write a plain word.")
        if key.text == "<<":
            raise YamlError(key.place, "the merge key << is not read here", _WRITE_OUT)
        entries.append((key, value))
    return Mapping(place, tuple(entries))
