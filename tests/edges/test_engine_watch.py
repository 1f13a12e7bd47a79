"""What an engine says to the agent, byte by byte: nothing may hurt the agent, for a tenant can be root in there."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.edges.engine_watch import EngineWatch

PING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


class Engine:
    """The other end of a watch: answers with the given bytes, one answer to each request."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self.watch = EngineWatch(str(path))
        self._client, _ = self._listener.accept()

    def answers(self, *parts: bytes) -> None:
        for part in parts:
            self._client.recv(65536)
            self._client.sendall(part)
            select.select([self.watch], [], [], 10)
            self.watch.advance()

    def close(self) -> None:
        self.watch.close()
        self._client.close()
        self._listener.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "socket")
    yield made
    made.close()


def test_it_answers_and_tells_what_runs(engine: Engine) -> None:
    engine.answers(PING)
    assert engine.watch.answered
    engine.answers(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n[{"Id": "cafe"}]')
    assert engine.watch.containers == {"cafe"}
    event = b'{"Action": "die", "Actor": {"ID": "cafe"}}\n'
    engine.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(event), event))
    assert engine.watch.containers == set()
    assert not engine.watch.failed


def test_an_engine_that_is_just_ending_closes_after_its_answer(engine: Engine) -> None:
    engine.answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nOK")
    assert engine.watch.answered
    assert engine.watch.failed


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff nothing like HTTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{" + b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[{"a":1}]',
        b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"[" * 60000,
    ],
)
def test_nonsense_is_the_end_of_the_watch_only(engine: Engine, answer: bytes) -> None:
    engine.answers(PING, answer)
    assert engine.watch.failed
    assert engine.watch.containers == set()


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        EngineWatch(str(tmp_path / "socket"))
