"""Golden triplets: what goes in, what comes out, what a person reads; and that eject takes it all back."""

from pathlib import Path

import pytest

from dinp.injector.documents import eject, inject
from dinp.model.problem import BadInputError
from dinp.model.service_document import parse_service_spec
from dinp.model.service_spec import ServiceSpec

CASES = Path(__file__).parents[1] / "golden" / "injector"


def written(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def compared(path: Path, seen: str, update: bool) -> None:
    if update:
        path.write_text(seen, encoding="utf-8", newline="")
    assert seen == written(path)


def spec_of(case: Path) -> ServiceSpec:
    file = case / "service.yaml"
    return parse_service_spec(written(file) if file.exists() else "", "service.yaml")


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_golden(case: Path, update: bool) -> None:
    (file,) = case.glob("input.*")
    text, spec = written(file), spec_of(case)
    try:
        outcome = inject(text, file.name, spec)
    except BadInputError as error:
        report = "".join(f"{each.code}\n  {each.sentence}\n  {each.remedy}\n" for each in error.problems)
        compared(case / "report.txt", report, update)
        return
    compared(case / f"expected{file.suffix}", outcome.text, update)
    compared(case / "report.txt", "".join(f"{line}\n" for line in outcome.report), update)
    if outcome.changed:
        assert outcome.text != text
        assert eject(outcome.text, file.name).text == text
        assert inject(outcome.text, file.name, spec).text == outcome.text
