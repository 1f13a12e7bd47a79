"""A client of the Docker API that is refused: what it hears, whatever it was about to send."""

import http.client
import json
import select
import socket
import threading

import pytest

from dinp.edges.refusal import RefusedClient
from dinp.model.problem import Problem

PROBLEM = Problem("engine-exited", "It ended.", "Look.")
CONTEXT = b"x" * (8 << 20)


class Connection(http.client.HTTPConnection):
    """Python's client over a socket that is there."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__("docker")
        self.sock = connected


def told(method: str, body: bytes | None) -> tuple[int, bytes]:
    """Status and body of the answer."""
    theirs, ours = socket.socketpair()
    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        with theirs:
            connection = Connection(theirs)
            connection.request(method, "/build", body)
            response = connection.getresponse()
            answers.append((response.status, response.read()))

    client = threading.Thread(target=ask)
    client.start()
    refused = RefusedClient(ours, PROBLEM)
    while select.select([refused], [], [], 10)[0] and not refused.advance():
        pass
    refused.close()
    client.join()
    (answer,) = answers
    return answer


@pytest.mark.parametrize("body", [None, b"{}", CONTEXT], ids=["nothing", "little", "a context"])
def test_the_cause_is_the_answer(body: bytes | None) -> None:
    status, said = told("POST", body)
    assert status == 503
    assert json.loads(said) == {"message": "dinp: It ended. Look."}


def test_a_ping_hears_the_status_alone() -> None:
    assert told("HEAD", None) == (503, b"")


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x02\x00\r\n\r\n", b""])
def test_another_protocol_is_let_go(said: bytes) -> None:
    theirs, ours = socket.socketpair()
    with theirs:
        refused = RefusedClient(ours, PROBLEM)
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        while not refused.advance():
            pass
        refused.close()
