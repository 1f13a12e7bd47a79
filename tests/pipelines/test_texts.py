"""Formats: what is written reads back as the same data."""

import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.model.toml_text import Table, toml_text
from dinp.pipelines.commented_yaml import commented_yaml
from dinp.pipelines.groovy_text import quoted, single_quoted

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=("Cs",)))
KEYS = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1)
VALUES = st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=3).map(tuple), max_size=5)


@settings(deadline=None, max_examples=50)
@given(VALUES, st.dictionaries(KEYS, TEXTS.map(lambda text: text.replace("\x00", "")), max_size=2))
def test_toml_reads_back(values: dict[str, object], comments: dict[str, str]) -> None:
    printable = {key: "".join(filter(str.isprintable, text)) for key, text in comments.items()}
    text = toml_text([Table("a.b", values, comments=printable), Table("a.c", values, element=True)], ["head"])
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    assert tomllib.loads(text) == {"a": {"b": plain, "c": [plain]}}


def test_toml_keeps_texts_of_several_lines_readable() -> None:
    text = toml_text([Table("t", {"patch": "a: 'b'\nc: \\d\n"}, comments={"": "Above.", "patch": "One.\nTwo."})])
    assert text == "# Above.\n[t]\n  # One.\n  # Two.\n  patch = '''\na: 'b'\nc: \\d\n'''\n"


def test_comments_stand_above_what_they_are_about() -> None:
    data = {"a": [{"b": "x\ny\n", "c": "on"}, {"d": "$(V)"}], "e": {}}
    comments = {("a", 1): "second\nmore", ("a", 0, "c"): "of c", ("e",): "of e"}
    assert commented_yaml(data, comments) == (
        "a:\n- b: |\n    x\n    y\n  # of c\n  c: 'on'\n# second\n# more\n- d: $(V)\n# of e\ne: {}\n"
    )


@pytest.mark.parametrize("path", [("nowhere",), ("a", 7), ("a", 0, "b", "c")])
def test_a_comment_that_leads_nowhere_is_a_defect(path: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        commented_yaml({"a": [{"b": 1}]}, {path: "lost"})


@settings(deadline=None, max_examples=50)
@given(st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_comments_change_no_data(value: object) -> None:
    data = {"key": value}
    assert yaml.safe_load(commented_yaml(data, {("key",): "a comment"})) == yaml.safe_load(commented_yaml(data))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a $(B) ${c}\n", "'''a $(B) ${c}\n'''"),
        ("back\\slash", "'''back\\\\slash'''"),
        ("it's", "'''it's'''"),
        ("end'", "'''end\\''''"),
        ("a''b", "'''a\\''b'''"),
        ("'''", "'''\\'\\'\\''''"),
    ],
)
def test_groovy_interpolates_nothing_in_single_quotes(text: str, expected: str) -> None:
    assert single_quoted(text) == expected


def test_groovy_texts_of_one_line() -> None:
    assert quoted("it's\\\n") == "'it\\'s\\\\\\n'"
