"""`dinp preflight`: what engines can be run here, each decision with its reason."""

import argparse
import json
import os
import sys
from typing import Any

from dinp.agent.preflight import preflight
from dinp.cli.flags import key_of
from dinp.edges.config_file import read_agent_config
from dinp.edges.node_probe import probe_node
from dinp.model.agent_config import AgentConfig
from dinp.model.choices import Choices
from dinp.model.config_keys import ENGINE
from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import WorldRefusedError
from dinp.model.value import as_data, replace
from dinp.programs.run_workspaces import named_workspaces

SYSTEM_STATE_DIR = "/var/lib/dinp"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    parser.add_argument("--config", metavar="FILE", help="decide for this configuration of an agent")
    parser.add_argument("--state-dir", metavar="DIR", help="try mounts here instead of in the default directory")
    parser.add_argument("--isolation", choices=[kind.value for kind in IsolationKind], help="insist on this kind")
    parser.add_argument("--engine", choices=[kind.value for kind in EngineKind], help="which engine (dockerd)")
    parser.add_argument(
        "--storage-driver", choices=key_of(ENGINE, "storage_driver").choices, help="insist on this driver"
    )
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        action="append",
        default=[],
        help="a directory that engines are to see (repeatable)",
    )


def run(options: argparse.Namespace) -> int:
    """Look, decide, and show it; 3 when no engine can be run as asked for."""
    config = read_agent_config(options.config) if options.config else None
    spec = _spec(options, config)
    workspaces = _workspaces(options, config, spec)
    state_dir = options.state_dir or (config.state_dir if config else _default_state_dir())
    facts = probe_node(
        state_dir, workspaces=workspaces, program_path=spec.program_path, only=spec.isolation, kind=spec.kind
    )
    try:
        choices = _decide(facts, spec, workspaces)
    except WorldRefusedError as refused:
        if options.output == "text":
            raise
        _print_json({"possible": False, "problems": [as_data(problem) for problem in refused.problems]})
        return refused.exit_code
    if options.output == "json":
        _print_json({"possible": True, **_as_data(choices)})
    elif sys.stdout.isatty():
        _print_table(choices.decisions)
    else:
        _print_lines(choices.decisions)
    return 0


def _decide(facts: NodeFacts, spec: EngineSpec, workspaces: tuple[str, ...]) -> Choices:
    choices = preflight(facts, spec, workspaces)
    if choices.not_shifted:
        raise WorldRefusedError(*(problem for _, problem in choices.not_shifted))
    return choices


def _default_state_dir() -> str:
    if os.geteuid() == 0:
        return SYSTEM_STATE_DIR
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return f"{data}/dinp"


def _spec(options: argparse.Namespace, config: AgentConfig | None) -> EngineSpec:
    spec = config.engine if config else EngineSpec()
    if options.isolation:
        spec = replace(spec, isolation=IsolationKind(options.isolation))
    if options.engine:
        spec = replace(spec, kind=EngineKind(options.engine))
    if options.storage_driver:
        spec = replace(spec, storage_driver=options.storage_driver)
    return spec


def _workspaces(options: argparse.Namespace, config: AgentConfig | None, spec: EngineSpec) -> tuple[str, ...]:
    configured = [each.path for tenant in config.tenants for each in tenant.workspaces] if config else []
    return tuple(dict.fromkeys([*configured, *named_workspaces(spec, options.workspace)]))


def _as_data(choices: Choices) -> dict[str, Any]:
    data = as_data(choices)
    decisions = data.pop("decisions")
    return {
        "choices": {**data, "isolation": choices.isolation.value, "cgroups": choices.cgroups.value},
        "decisions": {decision.pop("about"): decision for decision in decisions},
    }


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


def _print_lines(decisions: tuple[Decision, ...]) -> None:
    for each in decisions:
        sys.stdout.write(f"{each.about}: {each.chosen}\n")
        for label, text in (("seen", each.seen), ("why", each.why), ("would change", each.would_change)):
            sys.stdout.write(f"  {label}: {text}\n")


def _print_table(decisions: tuple[Decision, ...]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    table.add_column("decision", style="bold", no_wrap=True)
    table.add_column("chosen", style="green", overflow="fold")
    table.add_column("why", overflow="fold")
    for each in decisions:
        table.add_row(each.about, each.chosen, each.why)
    console = Console(highlight=False)
    console.print(table)
    console.print("What was seen, and what would change a decision: dinp preflight | less", style="dim")
