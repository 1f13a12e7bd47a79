"""`dinp eject`: the inverse of `dinp inject`, to the byte."""

import argparse

from dinp.cli.manifests import add_file_argument, print_changed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_file_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Print the manifests as they were; what was done to which object goes to standard error."""
    from dinp.injector.documents import eject

    print_changed(options.files, eject)
    return 0
