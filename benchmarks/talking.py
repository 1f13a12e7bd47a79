"""Docker's API over a unix socket as a client speaks it, with as little of our own as possible in the time measured."""

import http.client
import json
import socket
import time
from pathlib import Path

from dinp.edges.file_watch import wait_for

PATIENCE = 120.0
"""Seconds after which an engine that has not answered is taken for broken; nothing here takes a tenth of it."""


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        """Of the socket at `path`; connects with the first request."""
        super().__init__("docker", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        """Connect to the path.

        Raises:
            OSError: nobody listens there.
        """
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)

    def ask(self, method: str, target: str, body: object = None) -> bytes:
        """Ask and read the whole answer.

        Raises:
            RuntimeError: the engine refuses; with what it says.
        """
        text = None if body is None else json.dumps(body).encode()
        self.request(method, target, text, {"Content-Type": "application/json"} if text else {})
        answer = self.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {target}: {answer.status} {said.decode(errors='replace')}")
        return said


def first_answer(path: str) -> None:
    """Wait for the socket to be there, ask for a sign of life, and read it.

    Raises:
        TimeoutError: no socket appears.
        RuntimeError: the answer is not a good one.
    """
    if not wait_for(path, _is_socket, PATIENCE):
        raise TimeoutError(f"no socket appeared at {path}")
    connection = Connection(path)
    try:
        connection.ask("GET", "/_ping")
    finally:
        connection.close()


def requests(path: str, count: int) -> list[float]:
    """Ask for the list of containers, one request after the other on one connection; microseconds of each."""
    connection = Connection(path)
    taken = []
    try:
        for _ in range(count):
            began = time.perf_counter()
            connection.ask("GET", "/containers/json")
            taken.append((time.perf_counter() - began) * 1e6)
    finally:
        connection.close()
    return taken


def attached_stream(path: str, image: str, mebibytes: int) -> float:
    """Attach to a container before it starts, and read what it writes; MiB/s from its first byte to its last.

    Raises:
        RuntimeError: the engine refuses, or the stream is not as long as it must be.
    """
    control = Connection(path)
    command = ["dd", "if=/dev/zero", "bs=1M", f"count={mebibytes}"]
    wanted = {"Image": image, "Cmd": command, "HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": "none"}}}
    identity = json.loads(control.ask("POST", "/containers/create", wanted | {"AttachStdout": True}))["Id"]
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(PATIENCE)
    try:
        stream.connect(path)
        stream.sendall(
            f"POST /containers/{identity}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: docker\r\n"
            "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.recv(1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"attach: {head!r}")
        control.ask("POST", f"/containers/{identity}/start")
        return _read_to_the_end(stream, mebibytes)
    finally:
        stream.close()
        control.ask("DELETE", f"/containers/{identity}?force=1")
        control.close()


def _read_to_the_end(stream: socket.socket, mebibytes: int) -> float:
    got, seconds = drained(stream)
    if got < mebibytes << 20:  # the frames' heads come on top
        raise RuntimeError(f"only {got} of {mebibytes << 20} bytes arrived")
    return (got >> 20) / seconds


def drained(stream: socket.socket) -> tuple[int, float]:
    """All bytes until the other end closes, and the seconds since the first of them arrived."""
    buffer = bytearray(1 << 20)
    got = stream.recv_into(buffer)
    began = time.perf_counter()
    while taken := stream.recv_into(buffer):
        got += taken
    return got, time.perf_counter() - began


def _is_socket(path: str) -> bool:
    return Path(path).is_socket()
