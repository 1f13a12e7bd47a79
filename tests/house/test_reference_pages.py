"""Pages that are made from tables of the source say what the source says."""

import ast
from collections.abc import Iterator

import pytest

from dinp.knowledge.failures import ALL, find
from tools.docs.pages import PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m tools.docs"


@pytest.mark.parametrize("code", [failure.code for failure in ALL])
def test_every_entry_has_its_heading(code: str) -> None:
    assert f"### {code}\n" in (ROOT / "docs/reference/failures.md").read_text(encoding="utf-8")


def problem_codes() -> Iterator[tuple[str, str]]:
    """(code, file) of every Problem that the source makes with a code written out."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                # Report.add("config-…", place, …) makes Problems as well.
                takes_code = name == "Problem" or (name == "add" and len(node.args) == 4)
                if takes_code and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    yield node.args[0].value, str(file.relative_to(ROOT))


CODES = sorted(set(problem_codes()))


def test_problems_were_found() -> None:
    assert len(CODES) > 30


@pytest.mark.parametrize(("code", "file"), CODES)
def test_every_problem_has_an_entry(code: str, file: str) -> None:
    assert find(code) is not None, f"{file} makes a Problem of a code that knowledge/catalogue does not explain"


def written_words() -> Iterator[str]:
    """Every string that stands in the source, but not those of the catalogue itself."""
    for file in (ROOT / "src").rglob("*.py"):
        if "catalogue" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


WORDS = frozenset(written_words())


@pytest.mark.parametrize("code", [failure.code for failure in ALL if not failure.patterns])
def test_an_entry_that_recognises_no_log_is_what_the_source_says_itself(code: str) -> None:
    assert code in WORDS
