"""What is planted on the machine for a tenant to find: secrets of everybody else, each behind another door."""

import http.server
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = ("/root", "/opt", "/srv", "/etc", "/var/tmp")
_KEEPER = "import signal, sys; print('up', flush=True); signal.pause()"


@dataclass(frozen=True)
class Planted:
    """Secrets, and where they are.

    Attributes:
        secret: a word that stands in every one of them, and nowhere else.
        files: one in the home of root, the others readable by everybody.
        process: has the word among its arguments and in its environment.
        open_port: a service that listens on every address of the machine and tells nothing secret.
        port: a service that listens on the machine's loopback, and answers the word.
        block: the machine's disk, by name and by number.
    """

    secret: str
    files: tuple[Path, ...]
    process: int
    port: int
    open_port: int
    block: str
    number: tuple[int, int]

    def unharmed(self) -> bool:
        """Whether everything is as it was planted."""
        return all(file.read_text(encoding="ascii") == self.secret for file in self.files) and (
            self.secret.encode() in Path(f"/proc/{self.process}/cmdline").read_bytes()
        )

    def environment(self) -> dict[str, str]:
        """For the attacker: a real one would have to guess, ours is told."""
        return {
            "SECRET_FILE": str(self.files[0]),
            "OPT_FILE": str(self.files[1]),
            "SRV_FILE": str(self.files[2]),
            "ETC_FILE": str(self.files[3]),
            "VAR_FILE": str(self.files[4]),
            "ABSTRACT": f"dinp-abstract-{self.process}",
            "HOST_PID": str(self.process),
            "LOOPBACK_PORT": str(self.port),
            "OPEN_PORT": str(self.open_port),
            "BLOCK": self.block,
            "MAJOR": str(self.number[0]),
            "MINOR": str(self.number[1]),
        }


@contextmanager
def planted() -> Iterator[Planted]:
    """Plant everything, and take it away again."""
    secret = f"dinp-secret-{secrets.token_hex(8)}"
    files = tuple(Path(folder) / f"dinp-boundary-{secrets.token_hex(4)}" for folder in _FOLDERS)
    process = subprocess.Popen(
        [sys.executable, "-IS", "-c", _KEEPER, secret], env={"SECRET": secret}, stdout=subprocess.PIPE
    )
    servers = [
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _answering(secret)),
        http.server.ThreadingHTTPServer(("0.0.0.0", 0), _answering("open to everybody")),
    ]
    abstract = socket.socket(socket.AF_UNIX)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        for file in files:
            file.write_text(secret, encoding="ascii")
            file.chmod(0o600 if file.parent == Path("/root") else 0o644)
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        abstract.bind(f"\0dinp-abstract-{process.pid}")
        abstract.listen()
        block, number = _disk()
        yield Planted(secret, files, process.pid, *(server.server_port for server in servers), block, number)
    finally:
        abstract.close()
        for server in servers:
            server.shutdown()
            server.server_close()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        for file in files:
            file.unlink(missing_ok=True)


def _answering(secret: str) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(secret.encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing is said."""

    return Handler


def _disk() -> tuple[str, tuple[int, int]]:
    """The disk of the machine's root, or any other one."""
    device = os.stat("/").st_dev
    places = [Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"), *sorted(Path("/sys/block").iterdir())]
    place = next(place for place in places if (place / "dev").exists())
    major, minor = (place / "dev").read_text(encoding="ascii").split(":")
    return f"/dev/{place.resolve().name}", (int(major), int(minor))
