"""Requests to an engine of which only the end matters, one after the other on connections of their own."""

import socket


class EngineRequests:
    """POSTs without a body; give `fileno()` to a selector and call `advance()` when readable.

    After each `advance` the descriptor is another one until that returns True.
    """

    def __init__(self, path: str, targets: tuple[str, ...]) -> None:
        """Begin with the first of the targets.

        Args:
            path: the engine's unix socket.
            targets: paths of the Docker Engine API with their queries, at least one.

        Raises:
            OSError: nobody listens there.
        """
        self._path = path
        self._left = list(targets)
        self._socket = self._ask()

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def advance(self) -> bool:
        """Whether everything has been answered, or cannot be any more."""
        try:
            if self._socket.recv(65536):
                return False
            self._socket.close()
            if not self._left:
                return True
            self._socket = self._ask()
        except OSError:
            return True
        return False

    def close(self) -> None:
        """Let the connection go."""
        self._socket.close()

    def _ask(self) -> socket.socket:
        target = self._left.pop(0)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(self._path)
            request = f"POST {target} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            made.sendall(request.encode("ascii"))
        except OSError:
            made.close()
            raise
        return made
