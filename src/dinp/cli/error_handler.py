"""The only place that ends the process: every outcome becomes words for a person and an exit code."""

from __future__ import annotations

import os
import sys

from dinp.model.problem import DinpError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFECT = 70
"""EX_SOFTWARE of sysexits.h: a defect of dinp itself."""


def handled(action: Callable[[], int]) -> None:
    """Run a command and exit with its code; expected failures are told in words, defects with what a report needs."""
    try:
        code = action()
        sys.stdout.flush()
    except DinpError as error:
        for problem in error.problems:
            _tell(f"dinp: {problem.sentence}")
            if problem.remedy:
                _tell(f"      {problem.remedy}")
            _tell(f"      (dinp explain {problem.code})")
        code = error.exit_code
    except KeyboardInterrupt:
        code = _ended_by("SIGINT")
    except BrokenPipeError:
        # Whoever read our output has left: what is still buffered goes nowhere instead of failing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _ended_by("SIGPIPE")
    except Exception as error:  # the last resort, for what nobody expected
        _report(error)
        code = DEFECT
    raise SystemExit(code)


def _ended_by(name: str) -> int:
    """The exit code that shells give for a signal."""
    import signal

    return 128 + signal.Signals[name]


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def _report(error: Exception) -> None:
    import platform
    import traceback

    from dinp import __version__

    _tell("dinp: this is a defect of dinp. Please report it with the following lines:\n")
    _tell("```")
    _tell(f"dinp {__version__}, Python {platform.python_version()}, {platform.platform()}")
    _tell(f"arguments: {sys.argv[1:]}")
    _tell("".join(traceback.format_exception(error)).rstrip())
    _tell("```")
