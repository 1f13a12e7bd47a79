"""`dinp logs TENANT`: the last lines of a tenant's engines."""

import argparse
import os
import sys

from dinp.cli.commands.status import state_dir
from dinp.edges.state_store import StateStore
from dinp.model.problem import BadInputError, Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("tenant", metavar="TENANT")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", metavar="FILE", help="the agent's configuration")
    where.add_argument("--state-dir", metavar="DIR", help="the agent's state directory")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new lines, until Ctrl-C")


def run(options: argparse.Namespace) -> int:
    """Print them, oldest first."""
    from dinp.edges.tenant_log import lines

    store = StateStore(state_dir(options))
    if options.tenant not in store.tenants():
        known = ", ".join(store.tenants()) or "none yet"
        raise BadInputError(
            Problem("no-such-tenant", f"{store.root} has no tenant {options.tenant!r}.", f"Those there are: {known}.")
        )
    path = store.log_path(options.tenant)
    for line in lines(path):
        sys.stdout.write(line + "\n")
    if options.follow:
        _follow(path)
    return 0


def _follow(path: str) -> None:
    from dinp.edges.file_watch import changes

    sys.stdout.flush()
    position = os.path.getsize(path) if os.path.exists(path) else 0
    for _ in changes((os.path.dirname(path),)):
        if not os.path.exists(path):
            position = 0
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            # A smaller file is a new one: the old one has become engine.log.1.
            file.seek(position if os.path.getsize(path) >= position else 0)
            sys.stdout.write(file.read())
            position = file.tell()
        sys.stdout.flush()
