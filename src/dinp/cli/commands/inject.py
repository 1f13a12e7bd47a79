"""`dinp inject`: what admission would do to workloads, offline."""

import argparse

from dinp.cli.manifests import add_file_argument, print_changed
from dinp.cli.spec_options import add_spec_arguments, read_spec, tell
from dinp.model.service_spec import TopologyKind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_file_argument(parser)
    parser.add_argument("--topology", choices=[kind.value for kind in TopologyKind], help="where the agent runs")
    add_spec_arguments(parser, "--spec")


def run(options: argparse.Namespace) -> int:
    """Print the changed manifests; what was done to which object goes to standard error."""
    from dinp.injector.documents import inject
    from dinp.topologies.agent_image import agent_image_notes

    weaker = [f"topology={options.topology}"] if options.topology else []
    spec = read_spec(options, *weaker)
    print_changed(options.files, lambda text, file: inject(text, file, spec))
    tell(agent_image_notes(spec))
    return 0
