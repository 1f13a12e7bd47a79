"""Real directories, counted by the real `du`."""

import select
from pathlib import Path

from dinp.edges.disk_usage import DiskUsage, free_space

MIB = 2**20


def count(directory: Path) -> int:
    usage = DiskUsage(str(directory))
    try:
        while select.select([usage], [], [], 10)[0]:
            found = usage.advance()
            if found is not None:
                return found
        raise AssertionError("it did not come to an end")
    finally:
        usage.close()


def test_blocks_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * MIB)
    (tmp_path / "again").hardlink_to(tmp_path / "file")
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(100 * MIB)
    assert MIB <= count(tmp_path) < 2 * MIB


def test_a_directory_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert count(tmp_path / "missing") == 0


def test_there_is_free_space(tmp_path: Path) -> None:
    assert free_space(str(tmp_path)) > 0
