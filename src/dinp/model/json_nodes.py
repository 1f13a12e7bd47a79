"""A JSON text as the nodes that parse_yaml gives for it, but for their places, which are not known.

JSON is read in a tenth of the time, and what generates configurations writes it. Whoever finds something wrong with a
node of these reads the text again as YAML, of which JSON is a part, to say where.
"""

import json

from dinp.model.nodes import Mapping, Node, Place, Scalar, Sequence

NOWHERE = Place(1, 1)


def parse_json(text: str) -> Node | None:
    """The one value of `text`; None when that is not JSON, or more deeply nested than anything sensible."""
    try:
        return _node(_DECODER.decode(text))
    except (ValueError, RecursionError):
        return None


def _node(value: object) -> Node:
    match value:
        case Mapping():
            return value
        case list():
            return Sequence(NOWHERE, tuple(_node(item) for item in value))
        case None:
            return Scalar(NOWHERE, "null", empty=True)
        case bool():
            return Scalar(NOWHERE, "true" if value else "false", empty=False)
        case _:
            return Scalar(NOWHERE, str(value), empty=False)


def _mapping(pairs: list[tuple[str, object]]) -> Mapping:
    return Mapping(NOWHERE, tuple((Scalar(NOWHERE, name, empty=False), _node(value)) for name, value in pairs))


def _refuse(constant: str) -> None:
    """NaN and the infinities, which are Python's and not JSON's."""
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=str, parse_float=str, parse_constant=_refuse)
"""Numbers stay as they are written, and a key may stand there twice."""
