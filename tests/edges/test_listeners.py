"""Listening sockets: what may be at their path before, and how they are found there."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dinp.edges import listeners
from dinp.model.endpoint import UnixEndpoint
from dinp.model.problem import BadInputError, WorldRefusedError


def endpoint(path: Path, mode: int = 0o660) -> UnixEndpoint:
    return UnixEndpoint(str(path), mode, None, None)


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True


def test_a_socket_has_its_mode_from_the_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "docker.sock"
    listener = listeners.listen(endpoint(path, 0o606))
    assert stat.S_IMODE(path.stat().st_mode) == 0o606
    assert connects(path)
    assert os.listdir(path.parent) == ["docker.sock"]
    listeners.remove(endpoint(path), listener)
    assert os.listdir(path.parent) == []


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
        gone.listen()
    assert not connects(path)
    listener = listeners.listen(endpoint(path))
    assert connects(path)
    listener.close()


def test_who_listens_there_already_is_named(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    listener = listeners.listen(endpoint(path))
    with pytest.raises(WorldRefusedError, match=rf"listens at {path}: .*{os.getpid()}"):
        listeners.listen(endpoint(path))
    assert connects(path)
    listener.close()


def directory(path: Path) -> None:
    path.mkdir()


def file(path: Path) -> None:
    path.write_text("kept", encoding="ascii")


def link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("made", [directory, file, link])
def test_what_is_no_socket_is_left_alone_and_named(tmp_path: Path, made: Callable[[Path], None]) -> None:
    path = tmp_path / "docker.sock"
    made(path)
    before = path.lstat()
    with pytest.raises(BadInputError, match=f"{path} is a {made.__name__}, not a socket"):
        listeners.listen(endpoint(path))
    assert path.lstat() == before


def test_a_socket_for_datagrams_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(BadInputError, match=f"{path} is a socket for datagrams"):
            listeners.listen(endpoint(path))


def test_a_file_on_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for below in ("docker.sock", "further/docker.sock"):
        with pytest.raises(BadInputError, match=f"{tmp_path}/file is no directory"):
            listeners.listen(endpoint(tmp_path / "file" / below))


def test_a_path_that_is_too_long_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="more than 107 bytes"):
        listeners.listen(endpoint(tmp_path / ("x" * 90) / "docker.sock"))
