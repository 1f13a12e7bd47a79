"""HTTP into the bed's network from the host: the socket is made inside a machine's network namespace.

A socket belongs to the namespace it was made in, for life; only the making needs a thread that is there.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import os
import socket
import ssl

from pyroute2 import netns

from testbed.machine.handle import MachineHandle


def connect(machine: MachineHandle, host: str, port: int, seconds: float = 2.0) -> socket.socket:
    """A TCP connection as the machine would make it. Raises OSError when it cannot be made."""

    def inside() -> socket.socket:
        descriptor = os.open(machine.namespace("net"), os.O_RDONLY)
        try:
            netns.setns(descriptor)
        finally:
            os.close(descriptor)
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    # setns(2) moves one thread; this one ends with the `with`, and the caller's stays where it is.
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        connection = threads.submit(inside).result()
    connection.settimeout(seconds)
    try:
        connection.connect((host, port))
    except OSError:
        connection.close()
        raise
    return connection


def get(machine: MachineHandle, host: str, port: int, path: str, tls: ssl.SSLContext | None = None) -> tuple[int, str]:
    """Status and body of one GET. Raises OSError when there is no answer."""
    with connect(machine, host, port) as plain:
        client = http.client.HTTPConnection(host, port)
        client.sock = tls.wrap_socket(plain, server_hostname=host) if tls else plain
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            client.close()


def why_not_ok(
    machine: MachineHandle, host: str, port: int, path: str, tls: ssl.SSLContext | None = None
) -> str | None:
    """None when a GET is answered with 200, else the reason, for `waiting.wait_until_ready`."""
    try:
        status, body = get(machine, host, port, path, tls)
    except OSError as error:
        return f"http://{host}:{port}{path}: {error}"
    return None if status == http.client.OK else f"{path} answers {status}: {body[-500:]}"
