"""A text of keys and values as nodes that know where they stand; scalars stay text: each key knows its own type."""

from dinp.model.value import Value


class Place(Value):
    """A position in a text; both numbers count from 1, as editors do."""

    line: int
    column: int


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
