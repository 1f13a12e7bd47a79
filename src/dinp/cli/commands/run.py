"""`dinp run -- CMD …`: a private engine for one command."""

import argparse
import os

from dinp.cli.flags import key_of, read_flag
from dinp.edges.agent_log import AgentLog
from dinp.edges.progress import Progress
from dinp.model.config_keys import ENGINE, LIMITS, TENANT
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Limits
from dinp.model.problem import BadInputError, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options; everything behind `--` is the command."""
    parser.usage = "dinp run [options] -- CMD [ARG …]"
    parser.add_argument("--engine", choices=[kind.value for kind in EngineKind], default="dockerd")
    parser.add_argument(
        "--isolation", choices=[kind.value for kind in IsolationKind], help="default: userns for root, else rootless"
    )
    parser.add_argument("--topology", choices=["local"], default="local", help="where the engine runs")
    parser.add_argument("--keep", metavar="NAME", help="keep the engine's images and cache for the next run of NAME")
    parser.add_argument("--forget", metavar="NAME", help="remove what was kept for NAME; runs no command")
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        action="append",
        default=[],
        help="show DIR to the engine too; a relative one begins here (repeatable)",
    )
    parser.add_argument("--memory", metavar="SIZE", help="limit of the engine with all its containers, e.g. 4GiB")
    parser.add_argument("--cpus", metavar="N", help="e.g. 1.5")
    parser.add_argument("--pids", metavar="N", help="processes and threads of the engine with its containers")
    parser.add_argument(
        "--storage-driver", choices=key_of(ENGINE, "storage_driver").choices, help="insist on a storage driver"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    parser.add_argument("--verbose", action="store_true", help="the engine's own log on standard error")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD", help="the command, behind `--`")


def run(options: argparse.Namespace) -> int:
    """Run it; the command's exit code is ours."""
    from dinp.programs.local_run import RunRequest, run_locally
    from dinp.programs.run_workspaces import run_workspaces

    if options.forget is not None:
        return _forget(options)
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise BadInputError(
            Problem("no-command", "`dinp run` got no command.", "Write it behind `--`: dinp run -- docker build .")
        )
    keep = read_flag("--keep", options.keep, key_of(TENANT, "name"), str)
    log = AgentLog(quiet=not options.verbose)
    spec = EngineSpec(
        kind=EngineKind(options.engine),
        isolation=IsolationKind(options.isolation) if options.isolation else None,
        limits=Limits(
            memory=read_flag("--memory", options.memory, key_of(LIMITS, "memory"), int),
            cpus=read_flag("--cpus", options.cpus, key_of(LIMITS, "cpus"), float),
            pids=read_flag("--pids", options.pids, key_of(LIMITS, "pids"), int),
        ),
        storage_driver=options.storage_driver,
    )
    workspaces = run_workspaces(spec, options.workspace, log)
    request = RunRequest(words, spec, keep, workspaces, dict(os.environ))
    return run_locally(request, log, Progress(silent=options.quiet))


def _forget(options: argparse.Namespace) -> int:
    from dinp.programs.local_run import forget_kept

    if options.words or options.keep is not None:
        raise BadInputError(
            Problem("forget-alone", "`dinp run --forget` got a command or --keep as well.", "Leave either of them out.")
        )
    name = read_flag("--forget", options.forget, key_of(TENANT, "name"), str)
    return forget_kept(name or "", AgentLog(quiet=not options.verbose), Progress(silent=options.quiet))
