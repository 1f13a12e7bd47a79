"""Departures of clients, as events on real sockets that another process has accepted."""

import os
import select
import socket
from pathlib import Path

import pytest

from dinp.edges.network import socket_diag
from dinp.edges.network.departures import Departures
from tests.edges.network.test_socket_diag import Acceptor, client, listening

pytestmark = pytest.mark.engine


def told(departures: Departures, within: float) -> bool:
    return bool(select.select([departures], [], [], within)[0])


def test_a_client_that_leaves_is_an_event(tmp_path: Path) -> None:
    with listening(tmp_path / "socket") as listener, Acceptor(listener) as acceptor:
        seen = socket_diag.identify(listener)
        with client(tmp_path / "socket"):
            leaving = client(tmp_path / "socket")
            acceptor.told("accept")
            acceptor.told("accept")
            pids = [acceptor.process.pid]
            departures = Departures(socket_diag.unix_connections(seen).sockets, pids)
            assert not told(departures, 0)
            leaving.shutdown(socket.SHUT_WR)
            assert not told(departures, 0), "it may wait for an answer"
            leaving.close()
            assert told(departures, 10)
            departures.close()
            staying = socket_diag.unix_connections(seen)
            assert staying.accepted == 1, "the one that left is no client, though the engine has not closed its end"
            again = Departures(staying.sockets, pids)
            assert not told(again, 0)
            again.close()


def test_what_the_engine_closes_is_closed(tmp_path: Path) -> None:
    """Watching keeps no connection open: its client is told of the end."""
    with listening(tmp_path / "socket") as listener, Acceptor(listener) as acceptor:
        seen = socket_diag.identify(listener)
        with client(tmp_path / "socket") as waiting:
            acceptor.told("accept")
            departures = Departures(socket_diag.unix_connections(seen).sockets, [acceptor.process.pid])
            acceptor.told("close")
            waiting.settimeout(10)
            assert waiting.recv(1) == b""
            departures.close()


def test_tcp_clients_too() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, Acceptor(listener) as acceptor:
        address = listener.getsockname()
        leaving = socket.create_connection(address)
        acceptor.told("accept")
        inode = os.fstat(listener.fileno()).st_ino
        seen = socket_diag.tcp_connections(address[1], inode, [acceptor.process.pid])
        departures = Departures(seen.sockets, [acceptor.process.pid])
        assert not told(departures, 0)
        leaving.close()
        assert told(departures, 10)
        departures.close()


def test_an_acceptor_that_has_ended_gives_no_event(tmp_path: Path) -> None:
    with listening(tmp_path / "socket") as listener:
        seen = socket_diag.identify(listener)
        with client(tmp_path / "socket"), Acceptor(listener) as acceptor:
            acceptor.told("accept")
            sockets = socket_diag.unix_connections(seen).sockets
        departures = Departures(sockets, [acceptor.process.pid])
        assert not told(departures, 0)
        departures.close()
