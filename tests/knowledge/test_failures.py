"""The catalogue: what recognises a log, in which order it tells, and that nothing in it contradicts itself."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinp.knowledge.failure import Failure, Severity
from dinp.knowledge.failures import ALL, find, nearest, recognise

SEEDS = Path(__file__).parents[1] / "seeds"


def codes(text: str) -> list[str]:
    return [match.failure.code for match in recognise(text)]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("log-rootless-max-user-namespaces.txt", ["max-user-namespaces", "modprobe-noise"]),
        ("log-rootless-tap.txt", ["no-tun", "modprobe-noise", "sysfs-read-only"]),
        (
            "log-second-daemon-same-node.txt",
            [
                "data-root-shared",
                "containerd-start-timeout",
                "tcp-without-tls",
                "docker-group-missing",
                "modprobe-noise",
                "containerd-connecting",
            ],
        ),
        ("log-shared-storage.txt", ["data-root-shared", "storage-fallback", "modprobe-noise"]),
    ],
)
def test_the_known_logs(log: str, expected: list[str]) -> None:
    assert codes((SEEDS / log).read_text(encoding="utf-8")) == expected


def test_a_match_shows_its_line() -> None:
    (match,) = recognise("one\ntwo: write /x: no space left on device\nthree: no space left on device\n")
    assert (match.line, match.text) == (2, "two: write /x: no space left on device")


def test_a_containerd_that_became_ready_and_then_died_does_not_share_its_data() -> None:
    log = "metadata content store policy set\nsuccessfully booted in 0.1s\ntimeout waiting for containerd to start\n"
    assert codes(log) == ["containerd-start-timeout"]


def test_own_words_are_recognised() -> None:
    assert codes("dinp: something\n      (dinp explain no-free-network)\n") == ["no-free-network"]


def test_codes_are_distinct_and_well_formed() -> None:
    assert len({failure.code for failure in ALL}) == len(ALL)
    for failure in ALL:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", failure.code)


@pytest.mark.parametrize("failure", ALL, ids=lambda failure: failure.code)
def test_an_entry_reads_well(failure: Failure) -> None:
    assert not failure.title.endswith("."), "the title is a phrase: sentences are made of it"
    assert failure.cause.endswith((".", ":"))
    assert failure.remedy.endswith(".")
    for pattern in failure.patterns:
        re.compile(pattern)
    for code in failure.depends_on:
        assert find(code) is not None, code


def test_dependencies_have_no_circle() -> None:
    settled: set[str] = set()
    while len(settled) < len(ALL):
        ready = {failure.code for failure in ALL if settled.issuperset(failure.depends_on)} - settled
        assert ready
        settled |= ready


def test_a_misspelt_code_finds_its_neighbours() -> None:
    assert nearest("max-user-namespace")[0] == "max-user-namespaces"
    assert "overlay-refused" in nearest("overlay")
    assert nearest("zzz") == ()


LINES = st.sampled_from(
    [line for log in sorted(SEEDS.glob("log-*.txt")) for line in log.read_text(encoding="utf-8").splitlines()]
)


@given(st.lists(LINES, max_size=30))
def test_causes_come_before_what_depends_on_them_in_any_mixture(lines: list[str]) -> None:
    matches = recognise("\n".join(lines))
    for index, match in enumerate(matches):
        later = {other.failure.code for other in matches[index + 1 :]}
        assert not later & set(match.failure.depends_on)
        assert match.text == lines[match.line - 1].strip()
    independent = [match.failure.severity for match in matches if not match.failure.depends_on]
    assert independent == sorted(independent, key=[Severity.ERROR, Severity.WARNING, Severity.NOTE].index)


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    recognise(text)


SAMPLES = Path(__file__).parents[1] / "samples" / "failures"


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda sample: sample.stem)
def test_a_sample_is_recognised_first_of_all(sample: Path) -> None:
    assert codes(sample.read_text(encoding="utf-8"))[0] == sample.stem


@pytest.mark.parametrize("code", [failure.code for failure in ALL])
def test_every_entry_was_seen(code: str) -> None:
    """In a sample, or in a golden report of preflight or of the configuration."""
    reports = (file.read_text(encoding="utf-8") for file in SAMPLES.parents[1].glob("golden/*/**/*.txt"))
    assert (SAMPLES / f"{code}.txt").exists() or any(f"{code}\n" in report for report in reports)
