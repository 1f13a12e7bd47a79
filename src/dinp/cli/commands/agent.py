"""`dinp agent --config FILE`: the program inside the sidecar, the DaemonSet and the pool; a service on a machine."""

import argparse
from collections.abc import Callable

from dinp.edges.config_file import agent_config_from_environment, read_agent_config
from dinp.model.agent_config import AgentConfig


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
    read = _reader(options)
    config = read()
    if options.check:
        return 0
    from dinp.edges.first_process import is_first_process, start_below

    if is_first_process():
        code = start_below(_say_killed)
        if code is not None:
            return code
    from dinp.programs.doors import open_doors

    doors = open_doors(config)
    with doors.closing:
        # The sockets are open: from here on imports may take their time.
        from dinp.edges.agent_log import AgentLog
        from dinp.programs.agent import Agent

        Agent(config, doors, AgentLog(), read).run()
    return 0


def _say_killed(sentence: str) -> None:
    from dinp.edges.agent_log import AgentLog

    AgentLog().say(sentence, level="warning")


def _reader(options: argparse.Namespace) -> Callable[[], AgentConfig]:
    if options.config_env is not None:
        return lambda: agent_config_from_environment(options.config_env)
    return lambda: read_agent_config(options.config)
