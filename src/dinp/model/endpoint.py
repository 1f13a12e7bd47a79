"""Where a tenant's clients connect."""

from dinp.model.value import Value

LONGEST_SOCKET_PATH = 107
"""Bytes that bind(2) takes for a path, without the NUL behind it (unix(7))."""

_TEMPORARY_NAME = 15
"""Bytes of the name under which a new listener is bound before it is renamed to its path (edges/listeners.py)."""


def room_for_path(path: str) -> int:
    """Bytes that are left for a longer path of a socket; below 0 it is too long already.

    The directory must also hold the temporary name of a new listener, which may be longer than the socket's own.
    """
    encoded = path.encode("utf-8", "surrogateescape")
    directory = encoded.rpartition(b"/")[0]
    return LONGEST_SOCKET_PATH - max(len(encoded), len(directory) + 1 + _TEMPORARY_NAME)


class UnixEndpoint(Value):
    """A unix socket.

    Attributes:
        path: absolute path of the socket; its directory is what clients should mount, never the file.
        mode: permission bits of the socket file.
        owner: user id of the socket file; None leaves it to the agent's own.
        group: group id of the socket file; None leaves it to the agent's own.
    """

    path: str
    mode: int = 0o660
    owner: int | None = None
    group: int | None = None

    def __str__(self) -> str:
        """As DOCKER_HOST says it."""
        return f"unix://{self.path}"


class TlsFiles(Value):
    """The PEM files with which an engine proves itself and checks its clients (mutual TLS, always)."""

    ca: str
    certificate: str
    key: str


class TlsTexts(Value):
    """The contents of TlsFiles."""

    ca: str
    certificate: str
    key: str


class TcpEndpoint(Value):
    """A TCP port; without `tls` only on a loopback address."""

    address: str
    port: int
    tls: TlsFiles | None = None

    def __str__(self) -> str:
        """As DOCKER_HOST says it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"tcp://{host}:{self.port}"
