"""A text of keys and values as nodes that know where they stand; scalars stay text: each key knows its own type."""

from dinp.model.value import Value


class Place(Value):
    """A position in a text.

    Attributes:
        line: from 1, as editors count.
        column: likewise, in characters.
        source: what the text is called, where it is another one than most of the nodes come from.
    """

    line: int
    column: int
    source: str = ""


class Scalar(Value):
    """A single value. `empty` is a key without any value, which is something else than quotes around nothing."""

    place: Place
    text: str
    empty: bool


class Sequence(Value):
    """A list."""

    place: Place
    items: "tuple[Node, ...]"


class Mapping(Value):
    """Keys with values, in the order of the text; a key may stand there twice."""

    place: Place
    entries: "tuple[tuple[Scalar, Node], ...]"


Node = Scalar | Sequence | Mapping
