"""The options by which several commands take a service spec: a file, and single keys on the command line."""

import argparse
import sys
from collections.abc import Iterable

from dinp.model.problem import BadInputError, Problem
from dinp.model.service_document import parse_service_spec
from dinp.model.service_spec import ServiceSpec


def add_spec_arguments(parser: argparse.ArgumentParser, *flags: str) -> None:
    """`-f` (or other flags) and `--set`."""
    names = flags or ("-f", "--spec")
    parser.add_argument(*names, dest="spec", metavar="FILE", help="a service spec: docs/reference/service.md")
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="one key of the spec, e.g. engine.limits.memory=4GiB (repeatable)",
    )


def read_spec(options: argparse.Namespace, *settings: str) -> ServiceSpec:
    """The spec that the options ask for; `settings` of the caller are weaker than those of the user.

    Raises:
        BadInputError: the file cannot be read, or the spec has problems.
    """
    text = read_input(options.spec, "service spec") if options.spec else ""
    return parse_service_spec(text, options.spec or "the defaults", settings=(*settings, *options.settings))


def tell(notes: Iterable[str]) -> None:
    """Notes to standard error, one line each."""
    sys.stderr.write("".join(f"dinp: {note}\n" for note in notes))


def read_input(name: str, what: str) -> str:
    """The text of a file, `-` for standard input; line ends are kept as they are.

    Raises:
        BadInputError: it cannot be read, or is no UTF-8 text.
    """
    shown = "standard input" if name == "-" else name
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode()
        with open(name, encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as error:
        problem = f"The {what} {shown} cannot be read: {error.strerror}."
        raise BadInputError(Problem("input-unreadable", problem, "Name a readable file, or - for input.")) from error
    except UnicodeDecodeError as error:
        problem = f"The {what} {shown} is no UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}."
        raise BadInputError(Problem("input-unreadable", problem, "Save it as UTF-8.")) from error
