"""Runs other programs: their output is shown as progress or kept for the error, and none outlives us."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Say = Callable[[str], None]
"""Takes one line for the person who waits."""

SECONDS_BETWEEN_LINES = 10.0
"""A compiler names hundreds of packages a minute; one line in ten seconds is enough to see that it lives."""


class CommandFailedError(Exception):
    """A program ended with another code than 0; `output` is the end of what it printed."""

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"`{shlex.join(argv)}` ended with {code}:\n{output}")
        self.code = code
        self.output = output


def output_of(argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Standard output of a short command. Raises CommandFailedError; FileNotFoundError where there is none."""
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailedError(argv, done.returncode, done.stderr or done.stdout)
    return done.stdout


def run_long(
    argv: Sequence[str],
    *,
    say: Say,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    summary: Callable[[int, str], str] | None = None,
) -> None:
    """Run a long command and say, at most every ten seconds, `summary(lines so far, last line)`.

    An interruption (Ctrl-C, or any exception on the way) stops the command and everything it started before it
    is passed on. Raises CommandFailedError with the last 40 lines of output.
    """
    tail: deque[str] = deque(maxlen=40)
    said_at = time.monotonic()
    # A group of its own, so that a compiler's children can be stopped together with it.
    child = subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", process_group=0,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout as lines:
        try:
            for count, line in enumerate(lines, start=1):
                tail.append(line.rstrip())
                if time.monotonic() - said_at >= SECONDS_BETWEEN_LINES:
                    said_at = time.monotonic()
                    say(f"    {summary(count, line.strip()) if summary else line.strip()}")
            code = child.wait()
        except BaseException:
            stop_group(child)
            raise
    if code:
        raise CommandFailedError(argv, code, "\n".join(tail))


def stop_group(child: subprocess.Popen[str]) -> None:
    """End a command started by `run_long` with everything that it started, and wait until it is gone.

    SIGINT comes first, because `go` tidies up for that one only. What is left of the group then gets no say.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
