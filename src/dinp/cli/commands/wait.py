"""`dinp wait SOCKET`: until an agent has opened it; the exact gate of a sidecar's postStart hook.

A socket is renamed to its path when it listens already (edges/listeners.py), so that it is there is enough: nothing is
connected to, and no engine started.
"""

import argparse
import os
import stat

from dinp.model.config_values import read_finite_duration
from dinp.model.problem import BadInputError, Problem, WorldRefusedError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("socket", metavar="SOCKET", help="path of the unix socket")
    parser.add_argument("--within", metavar="DURATION", default="60s", help="give up after this long (exit code 3)")


def run(options: argparse.Namespace) -> int:
    """Wait."""
    wait_until_open(options.socket, options.within, "dinp wait")
    return 0


def wait_until_open(socket: str, within: str, command: str) -> None:
    """Wait until an agent has opened a socket.

    Args:
        socket: its path.
        within: for how long, a duration as a person has written it.
        command: whose help tells of it.

    Raises:
        BadInputError: that is no duration.
        WorldRefusedError: nobody has opened it by then.
    """
    from dinp.edges.file_watch import wait_for

    try:
        bound = read_finite_duration(within)
    except ValueError as error:
        problem = Problem("bad-flag", f"--within {within!r}: {error}.", f"See `{command} --help`.")
        raise BadInputError(problem) from error
    if wait_for(socket, _is_socket, bound):
        return
    raise WorldRefusedError(
        Problem(
            "socket-not-opened",
            f"Nobody has opened {socket} within {within}.",
            "Look at the agent's log: it opens its sockets within a tenth of a second, or says why it cannot.",
        )
    )


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
