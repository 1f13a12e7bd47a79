"""Waiting for files to appear, by the kernel's events."""

import os
import socket
import threading
from pathlib import Path

from dinp.cli.commands.wait import _is_socket
from dinp.edges.file_watch import changes, wait_for


def bind_later(path: Path) -> threading.Thread:
    """Make the directories one by one, then the socket, while somebody waits."""

    def work() -> None:
        path.parent.mkdir(parents=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path) + ".new")
            listener.listen()
            os.rename(str(path) + ".new", path)

    return threading.Thread(target=work)


def test_it_waits_through_directories_that_are_still_to_be_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "docker.sock"
    thread = bind_later(path)
    thread.start()
    assert wait_for(str(path), _is_socket, 10.0)
    thread.join()


def test_a_file_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").write_text("")
    assert not wait_for(str(tmp_path / "docker.sock"), _is_socket, 0.0)


def test_changes_tells_of_each_change(tmp_path: Path) -> None:
    seen = changes((str(tmp_path),))
    next(seen)
    (tmp_path / "new").write_text("x")
    next(seen)
    seen.close()
