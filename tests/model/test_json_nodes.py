"""JSON gives the nodes that YAML gives, but for their places; what is not JSON is left to YAML."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dinp.model.json_nodes import NOWHERE, parse_json
from dinp.model.nodes import Mapping, Node, Scalar, Sequence
from dinp.model.yaml_nodes import parse_yaml

PLAIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
SCALARS = st.one_of(PLAIN, st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN.filter("<<".__ne__), inner, max_size=4)
)


def without_places(node: Node | None) -> Node | None:
    match node:
        case Scalar(_, text, empty):
            return Scalar(NOWHERE, text, empty)
        case Sequence(_, items):
            return Sequence(NOWHERE, tuple(map(without_places, items)))
        case Mapping(_, entries):
            return Mapping(NOWHERE, tuple((without_places(key), without_places(value)) for key, value in entries))
    return None


@given(VALUES)
def test_the_same_nodes_as_yaml(value: object) -> None:
    text = json.dumps(value)
    assert parse_json(text) == without_places(parse_yaml(text))


def test_a_key_may_stand_there_twice() -> None:
    node = parse_json('{"a": 1, "a": 2}')
    assert isinstance(node, Mapping)
    assert [(key.text, value) for key, value in node.entries] == [
        ("a", Scalar(NOWHERE, "1", empty=False)),
        ("a", Scalar(NOWHERE, "2", empty=False)),
    ]


def test_what_is_no_json_is_left_alone() -> None:
    for text in ("", "a: 1", "{a: 1}", '{"a": NaN}', '{"a": 1} x', "[" * 50_000, "[" * 900 + "]" * 900 + "{"):
        assert parse_json(text) is None, text[:20]
