"""The only place that ends the process: every outcome becomes words for a person and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from dinp.model.problem import DinpError, Problem, WorldRefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFECT = 70
"""EX_SOFTWARE of sysexits.h: a defect of dinp itself."""

_OF_STREAMS = frozenset({errno.EBADF, errno.EIO, errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
"""How writing to an open stream fails (write(2)), besides EPIPE."""


def handled(action: Callable[[], int]) -> None:
    """Run a command and exit with its code; expected failures are told in words, defects with what a report needs."""
    _stand_in_for_closed_streams()
    try:
        code = action()
        sys.stdout.flush()
    except DinpError as error:
        code = _explain(error)
    except KeyboardInterrupt:
        code = _ended_by("SIGINT")
    except BrokenPipeError:
        # Whoever read our output has left.
        code = _ended_by("SIGPIPE")
    except Exception as error:  # the last resort, for what nobody expected
        refusal = _refused_output(error)
        code = _explain(refusal) if refusal is not None else _report(error)
    _let_go_of_lost_streams()
    raise SystemExit(code)


def _stand_in_for_closed_streams() -> None:
    """Where the caller closed a stream (`>&-`), have one that refuses as a closed one does, instead of None.

    It also keeps its number from going to another file. (Opened the wrong way round, as gnulib's stdopen() does.)
    """
    for descriptor, name, wrong_way in (
        (0, "stdin", os.O_WRONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_RDONLY),
    ):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, wrong_way)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w", closefd=False))


def _refused_output(error: Exception) -> DinpError | None:
    """What to say when the error came from standard output, which then takes no more either; None when it did not."""
    if not isinstance(error, OSError) or error.filename is not None or error.errno not in _OF_STREAMS:
        return None
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return WorldRefusedError(
            Problem(
                "output-lost",
                f"Standard output could not be written: {error.strerror}.",
                "Give it a file, a pipe or a terminal that can take it.",
            )
        )
    return None


def _let_go_of_lost_streams() -> None:
    """What is still buffered for a stream that refuses it goes nowhere, instead of failing when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _explain(error: DinpError) -> int:
    for problem in error.problems:
        _tell(f"dinp: {problem.sentence}")
        if problem.remedy:
            _tell(f"      {problem.remedy}")
        _tell(f"      (dinp explain {problem.code})")
    return error.exit_code


def _ended_by(name: str) -> int:
    """The exit code that shells give for a signal."""
    import signal

    return 128 + signal.Signals[name]


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):  # the exit code remains
        sys.stderr.write(line + "\n")


def _report(error: Exception) -> int:
    import platform
    import traceback

    from dinp import __version__

    _tell("dinp: this is a defect of dinp. Please report it with the following lines:\n")
    _tell("```")
    _tell(f"dinp {__version__}, Python {platform.python_version()}, {platform.platform()}")
    _tell(f"arguments: {sys.argv[1:]}")
    _tell("".join(traceback.format_exception(error)).rstrip())
    _tell("```")
    return DEFECT
