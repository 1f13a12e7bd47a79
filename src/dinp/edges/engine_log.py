"""An engine's own lines, read from its pipe: handed to the agent's log, the last ones kept for a diagnosis."""

import os
import re
from collections import deque

from dinp.model.value import Value

_KEPT = 60
_LONGEST = 64 * 1024
_MOST_READS = 4
"""At a time: an engine that never stops talking gets one turn of the agent's loop like any other."""
_DYING = 3
_GIVES_UP = ("runtime: ", "runtime/cgo: ", "fatal error: ", "panic: ")
"""How the lines begin (Go: src/runtime/panic.go, proc.go, os_linux.go; runtime/cgo/gcc_libinit.c)."""
_FIELD = re.compile(r'(\w[\w.-]*)=("(?:[^"\\]|\\.)*"|\S*)')


class EngineLine(Value):
    """One line of an engine, with the level that it gives itself (`info` when it gives none)."""

    level: str
    text: str


def parse_line(raw: str) -> EngineLine:
    """Understand a line of logrus' text format (`time="…" level=info msg="…" key=value`); others stay as they are."""
    fields = {match[1]: _unquoted(match[2]) for match in _FIELD.finditer(raw)} if "level=" in raw else {}
    if "msg" not in fields:
        return EngineLine("info", raw)
    extra = " ".join(f"{key}={value}" for key, value in fields.items() if key not in {"time", "level", "msg"})
    return EngineLine(fields.get("level", "info"), f"{fields['msg']} {extra}".strip())


def _unquoted(value: str) -> str:
    return value[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\") if value[:1] == '"' else value


class EngineLog:
    """The reading end of an engine's pipe.

    Attributes:
        recent: its last raw lines.
        dying: the first lines by which Go's runtime said why it gave up; its traces, which follow, are longer than
            what is kept.
    """

    def __init__(self) -> None:
        """Make the pipe; give `writer` to the engine and close it afterwards with `release_writer`."""
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._reader, False)
        self._rest = b""
        self.recent: deque[str] = deque(maxlen=_KEPT)
        self.dying: list[str] = []

    def fileno(self) -> int:
        """For selectors."""
        return self._reader

    def release_writer(self) -> None:
        """Close the agent's copy of the writing end, so that the end of the engine ends the pipe."""
        os.close(self.writer)

    def read(self) -> tuple[list[EngineLine], bool]:
        """Complete lines that have arrived, and whether the pipe has ended."""
        ended = False
        for _ in range(_MOST_READS):
            try:
                data = os.read(self._reader, _LONGEST)
            except BlockingIOError:
                break
            if not data:
                ended = True
                break
            self._rest += data
        *complete, self._rest = self._rest.split(b"\n")
        if len(self._rest) > _LONGEST or (ended and self._rest):
            complete, self._rest = [*complete, self._rest], b""
        raw = [line.decode(errors="replace").rstrip() for line in complete]
        self.recent.extend(line for line in raw if line)
        if len(self.dying) < _DYING:
            self.dying += [line for line in raw if line.startswith(_GIVES_UP)][:_DYING]
        return [parse_line(line) for line in raw if line], ended

    def close(self) -> None:
        """Close the reading end."""
        os.close(self._reader)
