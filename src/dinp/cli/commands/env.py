"""`dinp env`: the client contract's environment, for `eval`."""

import argparse
import sys

from dinp.edges.config_file import read_agent_config
from dinp.model.problem import BadInputError, Problem
from dinp.topologies.local import UNSET, client_environment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--config", required=True, metavar="FILE", help="the agent's configuration")
    parser.add_argument("--tenant", metavar="NAME", help="whose engine; not needed where there is only one")
    parser.add_argument("--shell", choices=["sh", "fish"], default="sh")


def run(options: argparse.Namespace) -> int:
    """Print it."""
    config = read_agent_config(options.config)
    names = [tenant.name for tenant in config.tenants]
    wanted = options.tenant or (names[0] if len(names) == 1 else "")
    if wanted not in names:
        sentence = f"{options.config} has no tenant {wanted!r}." if wanted else f"{options.config} has several tenants."
        raise BadInputError(Problem("no-such-tenant", sentence, f"Choose one with --tenant: {', '.join(names)}."))
    tenant = config.tenants[names.index(wanted)]
    lines = [_unset(options.shell, name) for name in UNSET]
    lines += [
        _set(options.shell, name, value) for name, value in client_environment(tenant, config.engine.kind).items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _unset(shell: str, name: str) -> str:
    return f"set -e {name};" if shell == "fish" else f"unset {name};"


def _set(shell: str, name: str, value: str) -> str:
    import shlex

    return f"set -gx {name} {shlex.quote(value)};" if shell == "fish" else f"export {name}={shlex.quote(value)};"
