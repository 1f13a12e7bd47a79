"""Sentences about the end of an engine, or of something in it."""

import pytest

from dinp.knowledge.last_words import Largest, explain_exit, explain_out_of_memory

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


def test_the_limit_that_was_asked_for_is_named_too() -> None:
    sentence = explain_out_of_memory("pod", 240 * MIB, None, asked=256 * MIB).sentence
    assert sentence.endswith("Containers have 240 MiB of the engine's 256 MiB.")


@pytest.mark.parametrize(
    "words",
    [
        "runtime: failed to create new OS thread (have 12 already; errno=11)\nfatal error: newosproc",
        "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
    ],
)
def test_an_engine_that_got_no_thread_had_too_many_processes(words: str) -> None:
    problem = explain_exit("a", "exit code 2", words)
    assert problem.code == "too-many-processes"
    assert problem.sentence.startswith("The engine of tenant a ended with exit code 2: it could not start a thread")
