"""What an engine answers when it is asked to remove things, byte by byte: a tenant can be root in there."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from dinp.edges import listeners
from dinp.edges.event_loop import EventLoop
from dinp.edges.listeners import Listener
from dinp.edges.request_series import RequestSeries
from dinp.engines import buildkitd, dockerd
from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_command import Request, Wire

DONE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"SpaceReclaimed": 12}'
PATIENCE = 10.0


class Engine:
    """The other end: a listener on which everything is done by hand, from the same loop."""

    def __init__(self, path: Path) -> None:
        self.loop = EventLoop()
        self.path = str(path)
        self.listener: Listener = listeners.listen(UnixEndpoint(self.path))
        self.asked: list[bytes] = []
        self.ended: list[str] = []
        self._clients: list[socket.socket] = []

    def serve(self, answer: Callable[[socket.socket], None]) -> None:
        """What to do with each client, once it has asked."""

        def arrived() -> None:
            client, _ = self.listener.socket.accept()
            self._clients.append(client)
            self.loop.watch(client, lambda: said(client))

        def said(client: socket.socket) -> None:
            data = client.recv(65536)
            if not data:
                self.loop.unwatch(client)
                return
            self.asked.append(data)
            answer(client)

        self.loop.watch(self.listener.socket, arrived)

    def asks(self, *requests: Request, wire: Wire = Wire.HTTP, within: float = PATIENCE) -> RequestSeries:
        connect = partial(listeners.connect, self.path, self.listener)
        return RequestSeries(self.loop, wire, connect, requests, within, self.ended.append)

    def told(self) -> str:
        """What came of it; the loop turns until then."""
        deadline = self.loop.now() + PATIENCE
        while not self.ended:
            assert self.loop.now() < deadline
            self.loop.run_once(deadline)
        (ended,) = self.ended
        return ended

    def close(self) -> None:
        for client in self._clients:
            client.close()
        listeners.remove(UnixEndpoint(self.path), self.listener)
        self.loop.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "socket")
    yield made
    made.close()


def test_each_is_asked_after_the_other_is_done(engine: Engine) -> None:
    engine.serve(lambda client: client.sendall(DONE))
    engine.asks(*dockerd.TRAITS.prune)
    assert engine.told() == ""
    first, second = engine.asked
    assert first.startswith(b"POST /build/prune?all=true HTTP/1.1\r\n")
    assert second.startswith(b"POST /images/prune HTTP/1.1\r\n")


def test_an_answer_may_come_in_any_pieces(engine: Engine) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

    def piecemeal(client: socket.socket) -> None:
        for byte in chunked:
            client.sendall(bytes([byte]))
            engine.loop.run_once(engine.loop.now())

    engine.serve(piecemeal)
    engine.asks(Request("/a"))
    assert engine.told() == ""


def answer_of(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_containers_that_do_not_run_are_removed_one_by_one_before_all_else(engine: Engine) -> None:
    stopped, runs, dead = "a" * 64, "b" * 64, "c" * 64
    listed = [{"Id": stopped, "State": "exited"}, {"Id": runs, "State": "running"}, {"Id": dead, "State": "dead"}]
    answers = iter((answer_of(json.dumps(listed).encode()), DONE, DONE, DONE))
    engine.serve(lambda client: client.sendall(next(answers)))
    engine.asks(*dockerd.TRAITS.prune_left_behind, Request("/last"))
    assert engine.told() == ""
    assert [asked.split(b" HTTP")[0].decode() for asked in engine.asked] == [
        "GET /containers/json?all=true",
        f"DELETE /containers/{stopped}?v=true",
        f"DELETE /containers/{dead}?v=true",
        "POST /last",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"null",
        b"[null]",
        b'[{"State": "exited"}]',
        b'[{"State": "exited", "Id": 7}]',
        b'[{"State": [], "Id": "a"}]',
        b"[" * 60000,
    ],
)
def test_a_list_of_another_shape_is_told(engine: Engine, body: bytes) -> None:
    engine.serve(lambda client: client.sendall(answer_of(body)))
    engine.asks(*dockerd.TRAITS.prune_left_behind)
    assert engine.told().startswith("/containers/json?all=true: no answer of an engine")
    assert len(engine.asked) == 1


def test_a_number_that_leads_elsewhere_is_left_out(engine: Engine) -> None:
    listed = [{"Id": number, "State": "exited"} for number in ("../images/x", "", "a b", "A" * 64)]
    engine.serve(lambda client: client.sendall(answer_of(json.dumps(listed).encode())))
    engine.asks(*dockerd.TRAITS.prune_left_behind)
    assert engine.told() == ""
    assert len(engine.asked) == 1


def test_what_is_refused_does_not_keep_it_from_asking_on(engine: Engine) -> None:
    answers = iter((b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", DONE))
    engine.serve(lambda client: client.sendall(next(answers)))
    engine.asks(Request("/a"), Request("/b"))
    assert engine.told() == "/a: status 409"
    assert len(engine.asked) == 2


@pytest.mark.parametrize("wire", Wire)
def test_who_never_answers_is_given_up_in_time(engine: Engine, wire: Wire) -> None:
    engine.serve(lambda _client: None)
    start = engine.loop.now()
    engine.asks(Request("/a"), wire=wire, within=0.1)
    assert engine.told() == "no answer within 0.1 s"
    assert start + 0.1 <= engine.loop.now() < start + PATIENCE


@pytest.mark.parametrize("wire", Wire)
def test_who_does_not_even_accept_is_given_up_in_time(engine: Engine, wire: Wire) -> None:
    engine.asks(Request("/a"), wire=wire, within=0.1)
    assert engine.told() == "no answer within 0.1 s"


def test_a_drop_at_a_time_does_not_win_time(engine: Engine) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"

    def drip(client: socket.socket) -> None:
        client.sendall(head)

        def drop() -> None:
            with suppress(BrokenPipeError):  # given up already
                client.sendall(b"x")
                engine.loop.set_alarm("drop", engine.loop.now() + 0.01, drop)

        drop()

    engine.serve(drip)
    engine.asks(Request("/a"), within=0.2)
    assert engine.told() == "no answer within 0.2 s"


@pytest.mark.parametrize("wire", Wire)
@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff nothing like HTTP\r\n\r\n" * 9,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000,
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00",
        b"\xff\xff\xff\x04\x00\x00\x00\x00\x00" + b"x" * 20000,
    ],
)
def test_nonsense_is_told(engine: Engine, wire: Wire, answer: bytes) -> None:
    def say(client: socket.socket) -> None:
        client.setblocking(False)
        with suppress(BrokenPipeError):  # it was told once already
            client.send(answer)
        client.shutdown(socket.SHUT_WR)

    engine.serve(say)
    engine.asks(Request("/a"), wire=wire)
    assert engine.told().startswith("/a: no answer of an engine")


@pytest.mark.parametrize("wire", Wire)
@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx"])
def test_an_early_end_is_told(engine: Engine, wire: Wire, words: bytes) -> None:
    def hang_up(client: socket.socket) -> None:
        client.sendall(words)
        client.shutdown(socket.SHUT_RDWR)

    engine.serve(hang_up)
    engine.asks(Request("/a"), wire=wire)
    assert engine.told().startswith("/a: no answer of an engine")


def test_an_answer_without_an_end_is_not_read_to_its_end(engine: Engine) -> None:
    def flood(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        client.setblocking(False)

        def more() -> None:
            try:
                client.send(b"x" * 65536)
            except BlockingIOError:
                pass
            except BrokenPipeError:
                return
            engine.loop.set_alarm("more", engine.loop.now(), more)

        more()

    engine.serve(flood)
    engine.asks(Request("/a"))
    assert engine.told() == "/a: an answer without an end"


def test_a_call_of_buildkits_api_is_one_that_another_end_understands(engine: Engine) -> None:
    theirs = H2Connection(H2Configuration(client_side=False))
    theirs.initiate_connection()
    message = b""

    def answer(client: socket.socket) -> None:
        nonlocal message
        for event in theirs.receive_data(engine.asked[-1]):
            match event:
                case RequestReceived(headers=headers):
                    assert dict(headers or [])[b":path"] == b"/moby.buildkit.v1.Control/Prune"
                case DataReceived(data=data):
                    message = data or b""
                case StreamEnded():
                    theirs.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")])
                    theirs.send_data(1, b"\0\0\0\0\2ab")
                    theirs.send_headers(1, [("grpc-status", "0")], end_stream=True)
        client.sendall(theirs.data_to_send())

    engine.serve(answer)
    engine.asks(*buildkitd.TRAITS.prune, wire=Wire.GRPC)
    assert engine.told() == ""
    assert message == b"\0\0\0\0\2\x10\1"


def test_a_call_that_is_refused_says_so(engine: Engine) -> None:
    theirs = H2Connection(H2Configuration(client_side=False))
    theirs.initiate_connection()

    def answer(client: socket.socket) -> None:
        if any(isinstance(event, StreamEnded) for event in theirs.receive_data(engine.asked[-1])):
            headers = [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "12")]
            theirs.send_headers(1, headers, end_stream=True)
        client.sendall(theirs.data_to_send())

    engine.serve(answer)
    engine.asks(*buildkitd.TRAITS.prune, wire=Wire.GRPC)
    assert engine.told() == "/moby.buildkit.v1.Control/Prune: status 12"


def test_a_full_queue_is_an_error_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(path)
        full.listen(0)
        with listeners.connect(path), pytest.raises(BlockingIOError):
            listeners.connect(path)


def test_another_socket_or_a_link_in_the_listeners_place_is_not_asked(engine: Engine, tmp_path: Path) -> None:
    Path(engine.path).rename(tmp_path / "away")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(engine.path)
        other.listen()
        with pytest.raises(FileNotFoundError, match="another file is in the socket's place"):
            engine.asks(Request("/a"))
    Path(engine.path).unlink()
    Path(engine.path).symlink_to(tmp_path / "away")
    with pytest.raises(FileNotFoundError, match="another file is in the socket's place"):
        engine.asks(Request("/a"))
