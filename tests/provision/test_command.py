"""Commands are stopped with everything they started, and their last words are kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.provision.command import CommandFailedError, output_of, run_long

CHECKOUT = Path(__file__).parents[2]
# A command with a child of its own, as a compiler has: both hold the pipe open for as long as they live.
TREE = """
import signal, sys
from tools.provision.command import run_long
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
run_long(["sh", "-c", 'exec 9>"$1"; echo started >&9; tail -f /dev/null & wait', "sh", sys.argv[1]], say=print)
"""


def test_a_failure_carries_the_end_of_the_output() -> None:
    with pytest.raises(CommandFailedError) as failed:
        run_long(["sh", "-c", "for i in $(seq 50); do echo line $i; done; exit 7"], say=print)
    assert failed.value.code == 7
    assert failed.value.output.splitlines()[-1] == "line 50"
    assert len(failed.value.output.splitlines()) == 40


def test_a_short_command_fails_with_its_own_words() -> None:
    with pytest.raises(CommandFailedError, match="no such thing"):
        output_of(["sh", "-c", "echo no such thing >&2; exit 1"])
    assert output_of(["echo", "yes"]) == "yes\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_the_whole_tree(tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"]}
    with subprocess.Popen([sys.executable, "-c", TREE, pipe], env=environment, stderr=subprocess.PIPE) as outer:
        with pipe.open() as alive:
            assert alive.readline() == "started\n"
            outer.send_signal(number)
            # End of file: nobody has it open any more, neither the command nor what it started.
            assert alive.read() == ""
        assert outer.wait() != 0
