"""A program on a terminal of its own, as a person would have it: what they type, what they see."""

import errno
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE = 60.0
"""Seconds without a new word after which a program is taken for hung."""

_ESCAPES = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]\r?")
"""What readline tells a terminal about pasting and colours (ECMA-48 control sequences)."""


class Terminal:
    """A program that leads a session on a pseudo-terminal."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Start it."""
        self.seen = ""
        self._read_up_to = 0
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(folder)
                os.execvpe(argv[0], list(argv), dict(environment))
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", 24, 200, 0, 0))

    def types(self, keys: str) -> None:
        """Press keys; Ctrl-C is \\x03."""
        os.write(self._master, keys.encode())

    def shows(self, pattern: str) -> str:
        """Wait until the screen shows what the pattern (a regular expression) matches, behind what was seen before.

        Returns:
            What was matched.
        """
        deadline = time.monotonic() + PATIENCE
        while (found := re.compile(pattern).search(self.seen, self._read_up_to)) is None:
            if not self._more(deadline):
                raise AssertionError(f"{pattern!r} was never shown; seen:\n{self.seen}")
        self._read_up_to = found.end()
        return found[0]

    def ends(self) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        deadline = time.monotonic() + PATIENCE
        while self._more(deadline):
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self._master)
        return os.waitstatus_to_exitcode(status)

    def hangs_up(self) -> int:
        """Close the window; its exit code."""
        os.close(self._master)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _more(self, deadline: float) -> bool:
        readable, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            self.hangs_up()
            raise AssertionError(f"nothing more within {PATIENCE:g} s; seen:\n{self.seen}")
        try:
            data = os.read(self._master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""  # the last one that had the terminal open is gone
        self.seen += _ESCAPES.sub("", data.decode(errors="replace")).replace("\r\n", "\n")
        return bool(data)
