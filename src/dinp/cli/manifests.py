"""What `dinp inject` and `dinp eject` share: files in, one stream of manifests out, and a report beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from dinp.cli.spec_options import read_input, tell
from dinp.model.problem import BadInputError, Problem

if TYPE_CHECKING:
    from dinp.injector.documents import Outcome


def add_file_argument(parser: argparse.ArgumentParser) -> None:
    """`-f`, as often as there are files."""
    parser.add_argument(
        "-f",
        "--file",
        dest="files",
        action="append",
        required=True,
        metavar="FILE",
        help="manifests, YAML or JSON; - for input (repeatable: printed as one stream)",
    )


def print_changed(files: list[str], change: Callable[[str, str], Outcome]) -> None:
    """Print the changed files in their order, all of them or none; what was done goes to standard error.

    Raises:
        BadInputError: with every reason of every file.
    """
    from dinp.manifests.stream import stream

    if files.count("-") > 1:
        problem = "Standard input is named more than once, and can be read once."
        raise BadInputError(Problem("input-unreadable", problem, "Name it once; the other files by their names."))
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for name in files:
        try:
            outcomes.append(change(read_input(name, "manifest"), "(standard input)" if name == "-" else name))
        except BadInputError as error:
            problems += error.problems
    if problems:
        raise BadInputError(*problems)
    text = stream(tuple(each.text for each in outcomes))
    if text is None:
        sentence = f"{', '.join(files)}: as one stream of documents they would not say what they say apart."
        remedy = "End the last line of each file, or give one file at a time."
        raise BadInputError(Problem("manifest-not-editable", sentence, remedy))
    sys.stdout.write(text)
    tell(tuple(line for each in outcomes for line in each.report))
