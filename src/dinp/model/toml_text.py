"""Data as TOML 1.0, with comments; the standard library only reads TOML."""

from collections.abc import Iterable, Mapping

from dinp.model.value import Value as Frozen

Scalar = str | bool | int
Value = Scalar | tuple[Scalar, ...]


class Table(Frozen):
    """One table or one element of an array of tables.

    Attributes:
        name: dotted, of bare or quoted keys; empty for what stands at the top, without a header.
        values: key -> value; a text of several lines becomes a multi-line string.
        element: whether it is an element of an array of tables (`[[name]]`).
        comments: key -> the sentence above it; the empty key stands above the table's name.
    """

    name: str
    values: Mapping[str, Value]
    element: bool = False
    comments: Mapping[str, str] | None = None


def toml_text(tables: Iterable[Table], head: Iterable[str] = ()) -> str:
    """The tables in their order, each indented by its depth as GitLab's documentation does."""
    parts = ["\n".join(f"# {line}".rstrip() for line in head)]
    parts += ["\n".join(_table(table)) for table in tables]
    return "\n".join(part for part in parts if part) + "\n"


def tables_of(data: Mapping[str, object], name: str = "") -> Iterable[Table]:
    """Nested mappings as tables: values of each first, then the tables below it, lists of mappings as elements.

    Raises:
        TypeError: something is neither a value of TOML nor a mapping.
    """
    values = {key: _as_value(value) for key, value in data.items() if not _is_table(value)}
    if values:
        yield Table(name, values)
    for key, value in data.items():
        inner = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, Mapping):
            yield from tables_of(value, inner)
        elif _is_table(value) and isinstance(value, tuple):
            yield from (part for element in value for part in _element(element, inner))


def _element(data: Mapping[str, object], name: str) -> Iterable[Table]:
    yield Table(name, {key: _as_value(value) for key, value in data.items() if not _is_table(value)}, element=True)
    for key, value in data.items():
        if _is_table(value):
            yield from tables_of({key: value}, name)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, tuple) and any(isinstance(one, Mapping) for one in value))


def _as_value(value: object) -> Value:
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, tuple):
        return tuple(one for one in value if isinstance(one, str | bool | int))
    raise TypeError(f"{value!r} has no place in TOML")


def _key(text: str) -> str:
    bare = text and all(character.isascii() and (character.isalnum() or character in "-_") for character in text)
    return text if bare else _basic(text)


def _table(table: Table) -> Iterable[str]:
    indent = "  " * table.name.count(".")
    comments = table.comments or {}
    yield from _comment(comments.get(""), indent)
    if table.name:
        yield f"{indent}[[{table.name}]]" if table.element else f"{indent}[{table.name}]"
    for key, value in table.values.items():
        yield from _comment(comments.get(key), indent + "  ")
        yield f"{indent}  {key} = {_value(value)}"


def _comment(sentence: str | None, indent: str) -> Iterable[str]:
    for line in (sentence or "").splitlines():
        yield f"{indent}# {line}".rstrip()


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        if len(value) < 2:
            return f"[{', '.join(map(_value, value))}]"
        return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "  ]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if "\n" in value:
        return _lines(value)
    return _basic(value)


def _lines(text: str) -> str:
    """A literal string where that is possible, as nothing in it is escaped; a newline behind the quotes is trimmed."""
    if "'''" not in text and not text.endswith("'") and not set(text) & _CONTROLS:
        return f"'''\n{text}'''"
    return f'"""\n{_escaped(text)}"""'


def _basic(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """As basic strings have it; newlines stand as they are, which only those of several lines contain."""
    return "".join(_ESCAPES.get(character, character) for character in text)


_CONTROLS = {chr(code) for code in (*range(9), *range(11, 32), 127)}
_ESCAPES = {"\\": "\\\\", '"': '\\"'} | {character: f"\\u{ord(character):04x}" for character in _CONTROLS}
