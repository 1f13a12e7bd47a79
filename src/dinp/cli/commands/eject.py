"""`dinp eject`: the inverse of `dinp inject`, to the byte."""

import argparse
import sys

from dinp.cli.spec_options import read_input


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("-f", "--file", required=True, metavar="FILE", help="manifests, YAML or JSON; - for input")


def run(options: argparse.Namespace) -> int:
    """Print the manifests as they were; what was done to which object goes to standard error."""
    from dinp.injector.documents import eject

    shown = "(standard input)" if options.file == "-" else options.file
    outcome = eject(read_input(options.file, "manifest"), shown)
    sys.stdout.write(outcome.text)
    sys.stderr.write("".join(f"dinp: {line}\n" for line in outcome.report))
    return 0
