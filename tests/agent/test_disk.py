"""When to look at the disk, and what to do about what is seen."""

import pytest

from dinp.agent.disk import Verdict, judge, used_up, worth_a_look

MIB = 2**20


@pytest.mark.parametrize(
    ("used", "verdict"),
    [(0, Verdict.ENOUGH), (849, Verdict.ENOUGH), (850, Verdict.SCARCE), (999, Verdict.SCARCE), (1000, Verdict.USED_UP)],
)
def test_what_use_means(used: int, verdict: Verdict) -> None:
    assert judge(used * MIB, 1000 * MIB) is verdict


@pytest.mark.parametrize(
    ("used", "verdict"),
    [(849, Verdict.ENOUGH), (1200, Verdict.SCARCE), (1210, Verdict.SCARCE), (1220, Verdict.USED_UP)],
)
def test_what_was_left_behind_may_be_there_until_it_is_removed_but_no_more(used: int, verdict: Verdict) -> None:
    assert judge(used * MIB, 1000 * MIB, left_behind=1200 * MIB) is verdict


@pytest.mark.parametrize(
    ("before", "now", "look"), [(None, 500, True), (500, 499, False), (500, 480, True), (500, 520, True)]
)
def test_files_are_added_up_only_when_the_disk_has_changed(before: int | None, now: int, look: bool) -> None:
    assert worth_a_look(before if before is None else before * MIB, now * MIB, 1000 * MIB) is look


def test_the_sentence_has_both_numbers() -> None:
    problem = used_up("pod", 1005 * MIB, 1000 * MIB)
    assert problem.code == "disk-limit"
    assert "used 1005 MiB of disk, of 1000 MiB that it may" in problem.sentence
