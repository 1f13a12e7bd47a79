"""Ports for tests."""

import socket


def unused_port() -> int:
    """A TCP port of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
