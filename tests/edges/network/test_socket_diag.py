"""Counting the clients of a listener, on real sockets."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from dinp.edges.network import socket_diag
from dinp.edges.network.socket_diag import Connections
from tests.edges.network.conftest import Host

pytestmark = pytest.mark.engine

ACCEPTOR = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
kept = []
for line in sys.stdin:
    kept.append(listener.accept()[0]) if line == 'accept\\n' else kept.pop().close()
    sys.stdout.write('done\\n'); sys.stdout.flush()
"""


class Acceptor:
    """Another process, in a network namespace of its own: what dockerd is to the agent."""

    def __init__(self, listener: socket.socket) -> None:
        argv = ["unshare", "--net", sys.executable, "-I", "-S", "-c", ACCEPTOR, str(listener.fileno())]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[listener.fileno()], text=True
        )

    def told(self, what: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def client(path: Path) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(path))
    return connected


def test_waiting_then_accepted_then_closed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with listening(path) as listener, Acceptor(listener) as acceptor:
        seen = socket_diag.identify(listener)
        assert socket_diag.unix_connections(seen) == Connections(0, 0)
        with client(path), client(path):
            assert socket_diag.unix_connections(seen) == Connections(waiting=2, accepted=0)
            acceptor.told("accept")
            assert socket_diag.unix_connections(seen) == Connections(waiting=1, accepted=1)
            assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=1, accepted=1)
            assert socket_diag.connections(str(path)).total == 2
            acceptor.told("accept")
            acceptor.told("close")
            assert socket_diag.unix_connections(seen) == Connections(waiting=0, accepted=1)
        acceptor.told("close")
        assert socket_diag.unix_connections(seen).total == 0


def test_two_listeners_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with listening(path) as old, client(path), Acceptor(old) as of_old:
        of_old.told("accept")
        was = socket_diag.identify(old)
        with listening(tmp_path / "new") as new:
            os.rename(tmp_path / "new", path)
            now = socket_diag.identify(new)
            with client(path), client(path), Acceptor(new) as of_new:
                of_new.told("accept")
                assert socket_diag.unix_connections(was) == Connections(waiting=0, accepted=1)
                assert socket_diag.unix_connections(now) == Connections(waiting=1, accepted=1)
                old.close()
                assert socket_diag.unix_connections(was) == Connections(waiting=0, accepted=1)


def test_a_client_in_another_network_namespace_counts(tmp_path: Path, hosts: Callable[..., Host]) -> None:
    path = tmp_path / "socket"
    pod = hosts()
    with listening(path) as listener, Acceptor(listener) as acceptor:
        seen = socket_diag.identify(listener)
        program = (
            f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(path)!r}); print(flush=True); input()"
        )
        argv = ["nsenter", f"--net=/proc/{pod.pid}/ns/net", sys.executable, "-I", "-S", "-c", program]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as far:
            assert far.stdout is not None
            far.stdout.readline()
            assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=1, accepted=0)
            acceptor.told("accept")
            assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=0, accepted=1)
            with client(path):
                acceptor.told("accept")
                assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=0, accepted=2)
                assert socket_diag.unix_connections(seen, [process_that_ended()]) == Connections(0, 1)
            far.communicate("\n")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_socket_that_was_kept_after_its_client_is_nobodys(
    tmp_path: Path, hosts: Callable[..., Host], elsewhere: bool
) -> None:
    path = tmp_path / "socket"
    program = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(path)!r});"
        " s.shutdown(socket.SHUT_WR); print(flush=True); input()"
    )
    enter = ["nsenter", f"--net=/proc/{hosts().pid}/ns/net"] if elsewhere else []
    with listening(path) as listener, Acceptor(listener) as acceptor:
        seen = socket_diag.identify(listener)
        argv = [*enter, sys.executable, "-I", "-S", "-c", program]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
            assert user.stdout is not None
            user.stdout.readline()
            acceptor.told("accept")
            # Its input has ended, and it still reads: that is a client.
            assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=0, accepted=1)
            # What an ordinary user's agent asks, which sees its own network namespace only.
            assert socket_diag.connections(str(path)).total == (0 if elsewhere else 1)
            user.communicate("\n")
        assert socket_diag.unix_connections(seen, [acceptor.process.pid]) == Connections(waiting=0, accepted=0)
        assert socket_diag.connections(str(path)).total == 0


def process_that_ended() -> int:
    """The id of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_tcp(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as old, socket.socket(family) as new:
        for listener in (old, new):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        old.bind((address, 0))
        old.listen()
        port = old.getsockname()[1]
        inode = os.fstat(old.fileno()).st_ino

        def seen(acceptors: list[int] | None = None) -> Connections:
            return socket_diag.tcp_connections(port, inode, acceptors)

        with Acceptor(old) as acceptor, socket.create_connection((address, port)):
            assert seen() == Connections(waiting=1, accepted=0)
            acceptor.told("accept")
            assert seen() == Connections(waiting=0, accepted=1)
            assert seen([acceptor.process.pid]) == Connections(waiting=0, accepted=1)
            assert seen([os.getpid()]) == Connections(waiting=0, accepted=0)
            new.bind((address, port))
            new.listen()
            assert socket_diag.tcp_connections(port, os.fstat(new.fileno()).st_ino, []) == Connections(0, 0)


@pytest.mark.parametrize(("bound", "called"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")])
def test_a_tcp_socket_that_was_kept_after_its_client_is_nobodys(bound: str, called: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in bound else socket.AF_INET) as listener:
        listener.bind((bound, 0))
        listener.listen()
        port = listener.getsockname()[1]
        inode = os.fstat(listener.fileno()).st_ino
        with Acceptor(listener) as acceptor:
            leaving, staying = (socket.create_connection((called, port)) for _ in range(2))
            for _ in range(2):
                acceptor.told("accept")
            # The input of both has ended, and they still read: those are clients.
            for one in (leaving, staying):
                one.shutdown(socket.SHUT_WR)
            assert socket_diag.tcp_connections(port, inode, [acceptor.process.pid]) == Connections(0, 2)
            leaving.close()
            assert socket_diag.tcp_connections(port, inode, [acceptor.process.pid]) == Connections(0, 1)
            staying.close()
            assert socket_diag.tcp_connections(port, inode, [acceptor.process.pid]) == Connections(0, 0)


def test_a_socket_without_a_file_is_refused() -> None:
    with socket.socket(socket.AF_UNIX) as unbound, pytest.raises(OSError, match="not bound to a file"):
        socket_diag.identify(unbound)
