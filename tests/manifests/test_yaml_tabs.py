"""Tabs where libyaml, and kubectl with it, takes them: the values beside the texts are what it reads there."""

import json

import pytest

from dinp.manifests.yaml_tree import NotYamlError, parse, value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("kind:\tPod\n", {"kind": "Pod"}),
        ("a: b\t# said\nc: d\t\n", {"a": "b", "c": "d"}),
        ("a\t: 1\n", {"a": 1}),
        ('a: "x"\t\n', {"a": "x"}),
        ("a: &x\tb\nc: *x\t\n", {"a": "b", "c": "b"}),
        ("---\ta\n", "a"),
        ("a:\t\n  b: c\n", {"a": {"b": "c"}}),
        ("a:\t# said\n- 1\n", {"a": [1]}),
        # Within a value without quotes it belongs to the value, at the end of a line it does not.
        ("a: b\tc\n", {"a": "b\tc"}),
        ("a: b \t c # said\n", {"a": "b \t c"}),
        ("a: b\t\n  c\n", {"a": "b c"}),
        ("{a\t: b\tc\t, d: e}", {"a": "b\tc", "d": "e"}),
    ],
)
def test_a_tab_is_a_blank(text: str, read: object) -> None:
    assert [value(node) for node in parse(text)] == [read]


@pytest.mark.parametrize(
    "text", ["\ta: 1\n", "a:\n\tb: 1\n", "a:\n  \tb\n", "-\ta\n", "- \ta: 1\n", "? a\n:\tb\n", "a: b\n\tc\n"]
)
def test_a_tab_is_no_indentation(text: str) -> None:
    with pytest.raises(NotYamlError, match="cannot start any token"):
        parse(text)


def test_json_with_tabs() -> None:
    thing = {"a": [1, True, None, {"b": "\t"}], "c": {}, "d": [[]]}
    for text in (json.dumps(thing, indent="\t"), json.dumps(thing, separators=("\t,\t", "\t:\t"))):
        assert [value(node) for node in parse(text)] == [thing]
