"""Clients of the test servers."""

import errno
import socket
from collections.abc import Callable


def ask(transport: str, address: str, port: int, patience: float = 3.0, source: str | None = None) -> Callable[[], str]:
    """What the server there says; `refused`, `unreachable` or `silence` when there is none."""

    def action() -> str:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM) as client:
            client.settimeout(patience)
            try:
                if source is not None:
                    client.bind((source, 0))
                client.connect((address, port))
                if transport == "udp":
                    client.send(b"hello")
                return client.recv(200).decode()
            except TimeoutError:
                return "silence"
            except ConnectionRefusedError:
                return "refused"
            except OSError as error:
                return errno.errorcode[error.errno or 0]

    return action
