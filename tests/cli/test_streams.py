"""Streams that are closed or full: an exit code and a sentence, never a traceback."""

import subprocess

import pytest

from tests.support.running import DINP, PATIENCE


def _shell(text: str) -> tuple[int, str, str]:
    done = subprocess.run(["sh", "-c", text, DINP], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("explain no-command >/dev/full", "No space left on device"),
        ("explain no-command >&-", "Bad file descriptor"),
        ("render sidecar >/dev/full", "No space left on device"),
    ],
)
def test_output_that_nobody_takes_is_an_error_in_words(words: str, why: str) -> None:
    code, _, said = _shell(f'"$0" {words}')
    assert code == 3, said
    assert said.startswith(f"dinp: Standard output could not be written: {why}.\n"), said
    assert "Exception ignored" not in said


@pytest.mark.parametrize("closing", ["2>&-", "2>/dev/full", "2>&- <&-"])
def test_without_standard_error_the_exit_code_remains(closing: str) -> None:
    assert _shell(f'"$0" explain no-such-code {closing}') == (2, "", "")
