"""Every benchmark works, on real engines: --quick measures once and judges nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, PAGE

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("machine_unchanged_by_each")]

ROOT = Path(__file__).parents[2]


def benchmarks(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, timeout=240
    )


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_measures_both_sides_and_leaves_nothing(name: str) -> None:
    before = PAGE.read_bytes()
    done = benchmarks("--quick", name)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^dockerd 29\b.*", done.stdout, re.MULTILINE)
    assert any(re.split(" {2,}", row)[1].startswith("dinp") for row in rows), done.stdout
    assert any(row.endswith(" 1.00") for row in rows), done.stdout
    assert PAGE.read_bytes() == before


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    done = benchmarks("--quick", "nothing")
    assert done.returncode == 2
    assert "there is no benchmark 'nothing'" in done.stderr
    assert "first-answer" in done.stderr
