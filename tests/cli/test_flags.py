"""Flags that mean what a key of the configuration means are refused as it is."""

import subprocess

import pytest

from tests.support.running import DINP, PATIENCE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --pids -5", '--pids "-5": it must be a positive whole number, e.g. 4096.'),
        ("run --pids 0", '--pids "0": it must be a positive whole number, e.g. 4096.'),
        ("run --pids 20", '--pids "20": less than 64 is not enough for any engine.'),
        ("run --cpus 0.0001", '--cpus "0.0001": less than 0.01 is not enough for any engine.'),
        ("run --memory 1MiB", '--memory "1MiB": less than 64MiB is not enough for any engine.'),
        ("run --keep ../x", '--keep "../x": a name has 1 to 40 lower-case letters'),
        ("run --storage-driver foo", "argument --storage-driver: invalid choice: 'foo'"),
        ("preflight --storage-driver foo", "argument --storage-driver: invalid choice: 'foo'"),
    ],
)
def test_a_bad_value_is_bad_usage(words: str, said: str) -> None:
    argv = [DINP, *words.split(), *(["--", "true"] if words.startswith("run") else [])]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done
    assert said in done.stderr
