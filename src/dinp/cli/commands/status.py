"""`dinp status`: how the tenants of one agent are."""

import argparse
import sys

from dinp.edges.state_store import StateStore
from dinp.model.tenant_status import TenantStatus
from dinp.model.value import as_data

_NO_LIMIT = 1 << 16
"""Columns; longer than any line of ours."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", metavar="FILE", help="the agent's configuration")
    where.add_argument("--state-dir", metavar="DIR", help="the agent's state directory")
    parser.add_argument("--watch", action="store_true", help="tell again whenever something changes, until Ctrl-C")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    """Tell; exit code 1 when no agent serves the state directory."""
    store = StateStore(state_dir(options))
    if not options.watch:
        _tell(store, options.output)
        return 0 if store.agent_runs() else 1
    from dinp.edges.file_watch import changes

    for _ in changes(tuple(f"{store.root}/tenants/{name}" for name in store.tenants())):
        _tell(store, options.output)
    return 0


def state_dir(options: argparse.Namespace) -> str:
    """The state directory that `--config` or `--state-dir` means."""
    if options.state_dir is not None:
        return str(options.state_dir)
    from dinp.edges.config_file import read_agent_config

    return read_agent_config(options.config).state_dir


def _tell(store: StateStore, output: str) -> None:
    statuses, runs = store.statuses(), store.agent_runs()
    if output == "json":
        import json

        document = {"agent": "running" if runs else "not running", "tenants": [as_data(status) for status in statuses]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        _draw(statuses, runs)
    sys.stdout.flush()


def _draw(statuses: tuple[TenantStatus, ...], runs: bool) -> None:
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.table import Table

    # A pipe or a file has no width: a line for each tenant, and nothing of it is cut. Brackets are part of addresses.
    console = Console(width=None if sys.stdout.isatty() else _NO_LIMIT, markup=False, highlight=False)
    if not runs:
        console.print("No agent serves this state directory; this is what the last one said.")
    table = Table("tenant", "phase", "since", "engine", "isolation", box=None)
    table.add_column("endpoint", overflow="fold")
    doors = any(status.tcp for status in statuses)
    if doors:
        table.add_column("tcp", overflow="fold")
    for status in statuses:
        since = datetime.fromtimestamp(status.since, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        cells = [status.tenant, status.phase, since, status.engine, status.isolation, status.endpoint]
        table.add_row(*cells, *([_door(status)] if doors else []))
    console.print(table)
    for status in statuses:
        if status.problem:
            console.print(f"{status.tenant}: {status.problem} (dinp explain {status.code})")


def _door(status: TenantStatus) -> str:
    return f"{status.tcp} (TLS)" if status.tls else status.tcp
