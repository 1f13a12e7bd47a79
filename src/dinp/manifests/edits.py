"""Changes of an object, as data; one module applies them to values, another to text."""

from __future__ import annotations

from dinp.model.pod import Json
from dinp.model.value import Value, replace

Path = tuple[str | int, ...]
"""Keys and positions that lead from the top of an object to a place in it."""


class AddItems(Value):
    """Put items into a list that has some already.

    Attributes:
        path: of the list.
        items: what to put there, in order.
        first: in front of the others instead of behind them.
    """

    path: Path
    items: tuple[Json, ...]
    first: bool = False


class AddEntry(Value):
    """Put a key into a mapping that has other ones already."""

    path: Path
    key: str
    value: Json


class SetValue(Value):
    """Put another value in the place of a key's value.

    Attributes:
        path: of the mapping.
        key: whose value.
        value: what to put there.
        raw: the same as text, everything behind the key's colon; None where the layout does not matter.
    """

    path: Path
    key: str
    value: Json
    raw: str | None = None


class SwapEntry(Value):
    """Put another key with its value in the place of a key with its value.

    Attributes:
        path: of the mapping.
        key: which one goes.
        new_key: which one comes.
        value: of the new one.
        raw: the new one as text, key and all; None where the layout does not matter.
    """

    path: Path
    key: str
    new_key: str
    value: Json
    raw: str | None = None


class RemoveItems(Value):
    """Take items out of a list; at least one stays."""

    path: Path
    positions: frozenset[int]


class RemoveEntry(Value):
    """Take a key out of a mapping; at least one stays."""

    path: Path
    key: str


Edit = AddItems | AddEntry | SetValue | SwapEntry | RemoveItems | RemoveEntry


def below(prefix: Path, edit: Edit) -> Edit:
    """The same edit of an object that holds the edited one at `prefix`."""
    return replace(edit, path=(*prefix, *edit.path))
