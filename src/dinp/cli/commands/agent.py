"""`dinp agent --config FILE`: the program inside the sidecar, the DaemonSet and the pool; a service on a machine."""

import argparse

from dinp.edges.config_file import read_agent_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--config", required=True, metavar="FILE", help="see docs/reference/configuration.md")
    parser.add_argument(
        "--check", action="store_true", help="only read the configuration, and tell what is wrong with it"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until told to end."""
    config = read_agent_config(options.config)
    if options.check:
        return 0
    from dinp.programs.doors import open_doors

    doors = open_doors(config)
    with doors.closing:
        # The sockets are open: from here on imports may take their time.
        from dinp.edges.agent_log import AgentLog
        from dinp.programs.agent import Agent

        Agent(config, doors, AgentLog(), lambda: read_agent_config(options.config)).run()
    return 0
