"""Edits of text: what is put in looks like its neighbours, and nothing else moves."""

import pytest

from dinp.manifests.edit_text import TextEditor
from dinp.manifests.edits import AddEntry, AddItems, Edit, RemoveEntry, RemoveItems, SetValue, SwapEntry
from dinp.manifests.layout import indented_lists
from dinp.manifests.places import NotEditableError
from dinp.manifests.yaml_tree import NotYamlError, parse, value

CASES: dict[str, tuple[str, Edit, str]] = {
    "an item behind the last one, before a comment that follows": (
        "a:\n- x  # one\n# end\nb: 1\n",
        AddItems(("a",), ("y",)),
        "a:\n- x  # one\n- y\n# end\nb: 1\n",
    ),
    "an item in front, above the comment of the first one": (
        "a:  # list\n  # about x\n  - x\n",
        AddItems(("a",), ({"k": ["v"]},), first=True),
        "a:  # list\n  - k: [v]\n  # about x\n  - x\n",
    ),
    "a key behind a block of text keeps the blank line below it": (
        "a:\n  b: |\n    text\n\nc: 1\n",
        AddEntry(("a",), "d", "e"),
        "a:\n  b: |\n    text\n  d: e\n\nc: 1\n",
    ),
    "a key behind a block that keeps its blank lines": (
        "a:\n  b: |+\n    text\n\nc: 1\n",
        AddEntry(("a",), "d", "e"),
        "a:\n  b: |+\n    text\n\n  d: e\nc: 1\n",
    ),
    "a key at the end of a text without a line's end": ("a:\n  b: 1", AddEntry(("a",), "d", "e"), "a:\n  b: 1\n  d: e"),
    "a key in a mapping of one line": ("a: {b: 1}  # c\n", AddEntry(("a",), "d", "e"), 'a: {b: 1, "d": "e"}  # c\n'),
    "an item in a list with a comma at its end": ("[1, 2, ]", AddItems((), (3,)), "[1, 2, 3, ]"),
    "lines that end as on Windows": ("a:\r\n- x\r\n", AddItems(("a",), ("y",)), "a:\r\n- x\r\n- y\r\n"),
    "a value in the place of none, with its comment": (
        "a:   # none\nb: 1\n",
        SetValue((), "a", ["x"]),
        'a: ["x"]   # none\nb: 1\n',
    ),
    "a key in the place of another": (
        "- a:\n    b: 1  # b\n  c: 2\n",
        SwapEntry((0,), "a", "n", {}),
        "- n: {}  # b\n  c: 2\n",
    ),
    "the first key of a list's item goes": ("- a:\n  - 1\n  b: 2\n", RemoveEntry((0,), "a"), "- b: 2\n"),
    "the last lines go from a text without a line's end": (
        "a:\n- x\n- y",
        RemoveItems(("a",), frozenset({1})),
        "a:\n- x",
    ),
    "items go from a line": ("[1, 2, 3, 4]", RemoveItems((), frozenset({0, 1, 3})), "[3]"),
    "a pretty JSON text grows in its own layout": (
        '{\n  "a": [\n    1\n  ]\n}\n',
        AddItems(("a",), ({"b": 2},)),
        '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ]\n}\n',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_edit(case: str) -> None:
    text, edit, expected = CASES[case]
    documents = parse(text)
    editor = TextEditor(text, indented_lists(text, documents))
    assert editor.apply(((documents[0], edit),)) == expected


def test_neighbours_that_go_together_share_their_comma() -> None:
    text = "m: {a: 1, b: 2, c: 3, d: 4}\n"
    (root,) = parse(text)
    for keys, left in (("ab", "m: {c: 3, d: 4}\n"), ("ba", "m: {c: 3, d: 4}\n"), ("bd", "m: {a: 1, c: 3}\n")):
        edits = tuple((root, RemoveEntry(("m",), key)) for key in keys)
        assert TextEditor(text, indented_lists=False).apply(edits) == left


@pytest.mark.parametrize(
    "text",
    ["a: &x [1]\nb: *x\n", "b: &x [1]\na: *x\n", "x: &x {a: [1]}\n<<: *x\na: [2]\n", "a:\n- |\n  text"],
)
def test_what_would_change_something_else_is_refused(text: str) -> None:
    with pytest.raises(NotEditableError) as refused:
        TextEditor(text, indented_lists=False).apply(((parse(text)[0], AddItems(("a",), (3,))),))
    assert refused.value.remedy


def test_values_are_those_of_kubectl() -> None:
    text = "a: yes\nb: 'yes'\nc: 0o7\nd: 1e3\ne: ~\nf: 2026-11-21\ng: !!str 5\nh: &x {i: 1}\nj: {<<: *x, k: -2}\n"
    assert value(parse(text)[0]) == {
        "a": True,
        "b": "yes",
        "c": "0o7",
        "d": 1000.0,
        "e": None,
        "f": "2026-11-21",
        "g": "5",
        "h": {"i": 1},
        "j": {"i": 1, "k": -2},
    }


@pytest.mark.parametrize(("text", "line"), [("a: [\n", 2), ("a: *x", 1), ("? [a]\n: b", 1), ("\n\n\x00", 3)])
def test_what_is_no_yaml_has_its_place(text: str, line: int) -> None:
    with pytest.raises(NotYamlError) as error:
        parse(text)
    assert error.value.line == line
