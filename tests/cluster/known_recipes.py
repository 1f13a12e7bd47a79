"""`python -m tests.cluster.known_recipes`: makes docs/known-recipes.md from what test_seeds.py has measured."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from tests.cluster.measure import Outcome

CHECKOUT = Path(__file__).resolve().parents[2]
MEASURED = CHECKOUT / ".cluster" / "known-recipes.json"
DOCUMENT = CHECKOUT / "docs" / "known-recipes.md"


def record(file: Path, outcome: Outcome) -> None:
    """Keep an outcome, in the place of an earlier one of the same recipe and engine."""
    found = {(one.recipe, one.engine): one for one in read(file)}
    found[outcome.recipe, outcome.engine] = outcome
    file.write_text(json.dumps([dataclasses.asdict(one) for one in found.values()], indent=2) + "\n")


def read(file: Path) -> list[Outcome]:
    """What was kept; nothing when there is no file."""
    return [Outcome(**one) for one in json.loads(file.read_text())] if file.exists() else []


def document(outcomes: list[Outcome]) -> str:
    """The page: a table with a row for each recipe and engine, sorted."""
    rows = [
        f"| {one.recipe} | {one.engine} | {seconds(one.docker_usable)} | {seconds(one.image_built)} "
        f"| {cell(one.message or 'works')} |"
        for one in sorted(outcomes, key=lambda one: (one.recipe, one.engine))
    ]
    return "\n".join([*HEAD, *rows, ""])


def cell(text: str) -> str:
    """Text that a table's cell can hold."""
    return text.replace("|", "\\|")


def seconds(value: float | None) -> str:
    """Seconds for people."""
    return "never" if value is None else f"{value:.1f} s"


HEAD = (
    "# What the known recipes do",
    "",
    "Measured by `tests/cluster/test_seeds.py` on the test bed (`make test-cluster`), the files of `tests/seeds/`",
    "applied exactly as they are, with the images already on the nodes. Seconds count from the creation of the pods.",
    "It is the baseline that every topology of dinp has to beat.",
    "This page is generated: `python -m tests.cluster.known_recipes`.",
    "",
    "| recipe | dockerd | docker usable after | image built after | what a job sees |",
    "|---|---|---|---|---|",
)

if __name__ == "__main__":
    DOCUMENT.write_text(document(read(MEASURED)))
