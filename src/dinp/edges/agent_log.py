"""The agent's log: a person's format on a terminal, a JSON object a line elsewhere; engine lines carry their tenant."""

from __future__ import annotations

import json
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: an engine waits for this
    from typing import TextIO

_COLOURS = {"debug": "2", "info": "0", "warning": "33", "error": "31"}
_LEVELS = {"warn": "warning", "fatal": "error", "panic": "error", "trace": "debug"}


class AgentLog:
    """Writes lines; never fails because nobody reads them."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        """Log to `stream` (standard error when None); with `quiet`, only warnings and errors of the agent itself."""
        self._stream = stream if stream is not None else sys.stderr
        self._person = self._stream.isatty()
        self._quiet = quiet

    def say(self, text: str, *, tenant: str = "", level: str = "info") -> None:
        """A line of the agent itself."""
        if not (self._quiet and level in {"info", "debug"}):
            self._write(level, text, {"tenant": tenant} if tenant else {})

    def engine(self, tenant: str, engine: str, level: str, text: str) -> None:
        """A line of an engine, with the level that it gave itself."""
        if not self._quiet:
            self._write(_LEVELS.get(level, level), text, {"tenant": tenant, "engine": engine})

    def _write(self, level: str, text: str, context: dict[str, str]) -> None:
        now = time.time()
        if self._person:
            where = "/".join(context.values())
            clock = time.strftime("%H:%M:%S", time.localtime(now))
            line = f"\x1b[{_COLOURS.get(level, '0')}m{clock} {where:<16} {text}\x1b[0m"
        else:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
            line = json.dumps({"time": stamp, "level": level, **context, "message": text}, ensure_ascii=False)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # nobody reads it any more, its terminal or its file is closed, the disk is full: the work goes on
