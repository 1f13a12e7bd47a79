"""`dinp explain`: the catalogue entry behind a code, or those that a log shows."""

import argparse
import json
import sys
import textwrap
from typing import Any

from dinp.knowledge.failure import Failure
from dinp.knowledge.failures import ALL, Match, find, nearest, recognise
from dinp.model.problem import BadInputError, Problem

_WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("code", metavar="CODE", nargs="?", help="as errors and logs name it; without one all are listed")
    what.add_argument("--log", metavar="FILE", help="recognise failures in a log; - reads standard input")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    """Show it."""
    as_json = options.output == "json"
    if options.log is not None:
        matches = recognise(_read(options.log))
        _show_json([_match_data(match) for match in matches]) if as_json else _show_matches(matches)
    elif options.code is not None:
        failure = _named(options.code)
        _show_json(_data(failure)) if as_json else _show(failure)
    elif as_json:
        _show_json([_data(failure) for failure in ALL])
    else:
        width = max(len(failure.code) for failure in ALL)
        for failure in ALL:
            sys.stdout.write(f"{failure.code:{width}}  {failure.title}\n")
    return 0


def _named(code: str) -> Failure:
    failure = find(code)
    if failure is None:
        near = nearest(code)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "`dinp explain` lists all."
        raise BadInputError(Problem("unknown-code", f"There is no entry of the code {code!r}.", remedy))
    return failure


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.buffer.read().decode(errors="replace")
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        problem = Problem(
            "log-unreadable", f"The log {name} cannot be read: {error.strerror}.", "Name a readable file."
        )
        raise BadInputError(problem) from error


def _data(failure: Failure) -> dict[str, Any]:
    return {
        "code": failure.code,
        "severity": failure.severity.value,
        "title": failure.title,
        "cause": failure.cause,
        "remedy": failure.remedy,
        "depends_on": list(failure.depends_on),
        "sources": list(failure.sources),
    }


def _match_data(match: Match) -> dict[str, Any]:
    return {**_data(match.failure), "line": match.line, "text": match.text}


def _show_json(data: object) -> None:
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _show(failure: Failure) -> None:
    sys.stdout.write(f"{failure.code} ({failure.severity.value})\n{failure.title}\n\n")
    _paragraph("Cause: ", failure.cause)
    _paragraph("Remedy: ", failure.remedy)
    if failure.depends_on:
        _paragraph("May follow from: ", ", ".join(failure.depends_on))
    for source in failure.sources:
        sys.stdout.write(f"See {source}\n")


def _show_matches(matches: tuple[Match, ...]) -> None:
    if not matches:
        sys.stdout.write("Nothing in this log is in the catalogue.\n")
    for match in matches:
        sys.stdout.write(f"{match.failure.code} ({match.failure.severity.value}): {match.failure.title}\n")
        sys.stdout.write(f"  line {match.line}: {_shortened(match.text)}\n")
        _paragraph("  Cause: ", match.failure.cause)
        _paragraph("  Remedy: ", match.failure.remedy)
        sys.stdout.write("\n")


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _paragraph(label: str, text: str) -> None:
    indent = " " * (len(label) - len(label.lstrip()) + 2)
    lines = textwrap.wrap(
        text, _WIDTH, initial_indent=label, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    sys.stdout.write("\n".join(lines) + "\n")
