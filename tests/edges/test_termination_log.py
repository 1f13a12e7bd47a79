"""What is left for kubelet, in a real file."""

from pathlib import Path

from dinp.edges.termination_log import TerminationLog
from dinp.model.problem import Problem

REFUSED = Problem("overlay-refused", "The kernel refused.", "Use another disk.")
KILLED = Problem("out-of-memory", "The limit was reached.", "Raise it.")
REFUSED_LINE = "dinp: The kernel refused. Use another disk. (dinp explain overlay-refused)"
KILLED_LINE = "dinp: The limit was reached. Raise it. (dinp explain out-of-memory)"


def test_why_clients_are_refused_stands_there_as_long_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    file.touch()
    log = TerminationLog(file)
    log.stands("pod", REFUSED)
    log.happened(KILLED)
    log.happened(KILLED)
    assert file.read_text() == f"{REFUSED_LINE}\n{KILLED_LINE}"
    log.stands("pod", None)
    assert file.read_text() == KILLED_LINE


def test_outside_of_a_pod_no_file_is_made(tmp_path: Path) -> None:
    TerminationLog(tmp_path / "termination-log").happened(KILLED)
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_kubelet_takes_note_of(tmp_path: Path) -> None:
    file = tmp_path / "termination-log"
    file.touch()
    log = TerminationLog(file)
    for number in range(100):
        log.happened(Problem("out-of-memory", f"The limit was reached by {number}.", "Raise it."))
    assert file.stat().st_size == 4096
    assert file.read_text().startswith("dinp: The limit was reached by 99.")
