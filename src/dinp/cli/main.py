"""The command line: one table of verbs, each a module that is imported only when it is used."""

from __future__ import annotations

import importlib
import sys

from dinp import __version__
from dinp.cli.error_handler import handled

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing what takes long: clients wait for a socket
    import argparse
    from collections.abc import Sequence
    from types import ModuleType

COMMANDS = {
    "run": "give a command a private engine, and take it away again",
    "agent": "serve tenants, each with an engine of its own",
    "render": "manifests that give pods Docker, ready for kubectl apply",
    "pipeline": "a snippet for a CI system, whose jobs then find Docker",
    "wait": "wait until an agent has opened a socket",
    "status": "how the tenants of an agent are",
    "logs": "what a tenant's engines said last",
    "certificates": "mutual TLS for a tenant's TCP door: issue, rotate, show",
    "inject": "give workloads an engine, as admission would, in a file",
    "eject": "take it out of the file again, to the byte",
    "preflight": "what can be run here, each decision with its reason",
    "explain": "what a code means, and what to do about it",
    "env": "the environment that leads a shell's docker to an engine",
}
"""Verb -> what it does; the module is dinp/cli/commands/VERB.py."""

AGENT_SOURCES = ("--config", "--config-env")
"""How `dinp agent` can be told where its configuration is."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The program `dinp`; ends the process with the exit codes of docs/reference/command-line.md."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    handled(lambda: _dispatch(words))


def build_parser(verbs: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser, with the full options of `verbs` only: importing a verb may cost more than running another."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="dinp",
        description="Docker in Pod: a private Docker engine for whoever connects first.",
        epilog="`dinp COMMAND --help` tells more about one.",
    )
    parser.add_argument("--version", action="version", version=f"dinp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for verb, sentence in COMMANDS.items():
        sub = commands.add_parser(verb, help=sentence, description=sentence[0].upper() + sentence[1:] + ".")
        if verb in verbs:
            _module(verb).add_arguments(sub)
    return parser


def _dispatch(words: list[str]) -> int:
    if len(words) == 3 and words[0] == "agent" and words[1] in AGENT_SOURCES:
        # What pods and services run, whose clients wait: argparse takes longer than to open their sockets.
        from dinp.cli.commands.agent import serve

        return serve(words[1], words[2])
    verb = next((word for word in words if not word.startswith("-")), "")
    known = (verb,) if verb in COMMANDS else ()
    options = build_parser(known).parse_args(words)
    return int(_module(options.command).run(options))


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"dinp.cli.commands.{verb}")
