"""Sentences about the end of an engine, or of something in it."""

import pytest

from dinp.knowledge.last_words import Largest, explain_out_of_memory

MIB = 2**20


@pytest.mark.parametrize(
    ("largest", "sentence"),
    [
        (None, "and the kernel killed a process."),
        (Largest("cc1 a.c", 200 * MIB, "0123456789ab"), "was `cc1 a.c` in container 0123456789ab, with 200 MiB."),
        (Largest("cc1 a.c", 200 * MIB, build=True), "was `cc1 a.c` in a step of a build, with 200 MiB."),
        (Largest("", 0, "0123456789ab"), "killed a process. It was a process in container 0123456789ab."),
        (Largest("dockerd", 200 * MIB), "was `dockerd` of the engine itself, with 200 MiB."),
    ],
)
def test_who_had_the_most_is_named(largest: Largest | None, sentence: str) -> None:
    problem = explain_out_of_memory("pod", 240 * MIB, largest)
    assert problem.code == "out-of-memory"
    assert problem.sentence.startswith("The memory limit of 240 MiB of tenant pod was reached")
    assert problem.sentence.endswith(sentence)


def test_without_a_limit_none_is_named() -> None:
    assert explain_out_of_memory("pod", None, None).sentence.startswith("The memory limit of tenant pod was reached")
