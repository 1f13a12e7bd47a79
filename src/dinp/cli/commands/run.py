"""`dinp run -- CMD …`: a private engine for one command."""

import argparse
import os
from collections.abc import Callable
from typing import TypeVar

from dinp.edges.agent_log import AgentLog
from dinp.edges.progress import Progress
from dinp.model.config_values import read_number, read_size
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Limits
from dinp.model.problem import BadInputError, Problem

T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options; everything behind `--` is the command."""
    parser.usage = "dinp run [options] -- CMD [ARG …]"
    parser.add_argument("--engine", choices=[kind.value for kind in EngineKind], default="dockerd")
    parser.add_argument(
        "--isolation", choices=[kind.value for kind in IsolationKind], help="default: userns for root, else rootless"
    )
    parser.add_argument("--topology", choices=["local"], default="local", help="where the engine runs")
    parser.add_argument("--keep", metavar="NAME", help="keep the engine's images and cache for the next run of NAME")
    parser.add_argument(
        "--workspace", metavar="DIR", action="append", default=[], help="show DIR to the engine too (repeatable)"
    )
    parser.add_argument("--memory", metavar="SIZE", help="limit of the engine with all its containers, e.g. 4GiB")
    parser.add_argument("--cpus", metavar="N", help="e.g. 1.5")
    parser.add_argument("--pids", metavar="N", type=int)
    parser.add_argument("--storage-driver", metavar="NAME", help="insist on a storage driver")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    parser.add_argument("--verbose", action="store_true", help="the engine's own log on standard error")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD", help="the command, behind `--`")


def run(options: argparse.Namespace) -> int:
    """Run it; the command's exit code is ours."""
    from dinp.programs.local_run import RunRequest, run_locally
    from dinp.programs.run_workspaces import run_workspaces

    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise BadInputError(
            Problem("no-command", "`dinp run` got no command.", "Write it behind `--`: dinp run -- docker build .")
        )
    log = AgentLog(quiet=not options.verbose)
    spec = EngineSpec(
        kind=EngineKind(options.engine),
        isolation=IsolationKind(options.isolation) if options.isolation else None,
        limits=Limits(
            memory=_flag("--memory", options.memory, read_size),
            cpus=_flag("--cpus", options.cpus, read_number),
            pids=options.pids,
        ),
        storage_driver=options.storage_driver,
    )
    workspaces = run_workspaces(spec, options.workspace, log)
    request = RunRequest(words, spec, options.keep, workspaces, dict(os.environ))
    return run_locally(request, log, Progress(silent=options.quiet))


def _flag(name: str, text: str | None, read: Callable[[str], T]) -> T | None:
    """A flag's value, read as the same key of a configuration file would be."""
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise BadInputError(Problem("bad-flag", f"{name} {text!r}: {error}.", "See `dinp run --help`.")) from error
