"""A client of BuildKit's API that is refused: what it hears, by HTTP/2 as another end speaks it."""

import socket

import pytest
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, ResponseReceived, StreamEnded

from dinp.edges.grpc_refusal import RefusedBuilder
from dinp.model.problem import Problem

PROBLEM = Problem("engine-exited", "It ended: größer als erlaubt.", "Look.")
REQUEST = [(":method", "POST"), (":scheme", "http"), (":path", "/moby.buildkit.v1.Control/Info"), (":authority", "x")]


def test_the_cause_is_the_requests_status() -> None:
    theirs, ours = socket.socketpair()
    with theirs, ours:
        refused = RefusedBuilder(ours, PROBLEM)
        client = H2Connection()
        client.initiate_connection()
        theirs.sendall(client.data_to_send())
        assert not refused.advance()
        client.send_headers(1, REQUEST)
        theirs.sendall(client.data_to_send())
        assert refused.advance()
        events = client.receive_data(theirs.recv(65536))
        (response,) = (event for event in events if isinstance(event, ResponseReceived))
        headers = dict(response.headers or [])
        assert headers[b"grpc-status"] == b"9"
        assert headers[b"grpc-message"].startswith(b"dinp: It ended: gr%C3%B6%C3%9Fer")
        assert any(isinstance(event, StreamEnded) for event in events)
        assert any(isinstance(event, ConnectionTerminated) for event in events)
        assert theirs.recv(1) == b""


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b""])
def test_another_protocol_is_let_go(said: bytes) -> None:
    theirs, ours = socket.socketpair()
    with ours:
        refused = RefusedBuilder(ours, PROBLEM)
        with theirs:
            theirs.sendall(said)
            theirs.shutdown(socket.SHUT_WR)
            while not refused.advance():
                pass
