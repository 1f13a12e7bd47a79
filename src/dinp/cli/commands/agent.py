"""`dinp agent --config FILE`: the program inside the sidecar, the DaemonSet and the pool; a service on a machine."""

from __future__ import annotations

from dinp.edges.config_file import agent_config_from_environment, read_agent_config
from dinp.model.agent_config import AgentConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--config", metavar="FILE", help="see docs/reference/configuration.md")
    source.add_argument(
        "--config-env",
        metavar="NAME",
        help="the configuration's text is in this environment variable: a pod needs no file",
    )
    parser.add_argument(
        "--check", action="store_true", help="only read the configuration, and tell what is wrong with it"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until told to end."""
    source = ("--config", options.config) if options.config_env is None else ("--config-env", options.config_env)
    if options.check:
        _reader(*source)()
        return 0
    return serve(*source)


def serve(option: str, value: str) -> int:
    """Serve what the configuration behind an option says, until told to end."""
    read = _reader(option, value)
    config = read()
    from dinp.edges.first_process import is_first_process, start_below

    if is_first_process():
        code = start_below(_say_killed)
        if code is not None:
            return code
    from dinp.programs.doors import open_doors

    doors = open_doors(config)
    with doors.closing:
        # The sockets are open: from here on imports may take their time.
        from dinp.programs.look import FirstLook

        first_look = FirstLook(config.state_dir, config.engine, config.tenants)
        from dinp.edges.agent_log import AgentLog
        from dinp.programs.agent import Agent

        Agent(config, doors, AgentLog(), read, first_look).run()
    return 0


def _say_killed(sentence: str) -> None:
    from dinp.edges.agent_log import AgentLog

    AgentLog().say(sentence, level="warning")


def _reader(option: str, value: str) -> Callable[[], AgentConfig]:
    if option == "--config-env":
        return lambda: agent_config_from_environment(value)
    return lambda: read_agent_config(value)
