"""`dinp inject`: what admission would do to workloads, offline."""

import argparse
import sys

from dinp.cli.spec_options import add_spec_arguments, read_input, read_spec, tell
from dinp.model.service_spec import TopologyKind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("-f", "--file", required=True, metavar="FILE", help="manifests, YAML or JSON; - for input")
    parser.add_argument("--topology", choices=[kind.value for kind in TopologyKind], help="where the agent runs")
    add_spec_arguments(parser, "--spec")


def run(options: argparse.Namespace) -> int:
    """Print the changed manifests; what was done to which object goes to standard error."""
    from dinp.injector.documents import inject
    from dinp.topologies.agent_image import agent_image_notes

    weaker = [f"topology={options.topology}"] if options.topology else []
    spec = read_spec(options, *weaker)
    shown = "(standard input)" if options.file == "-" else options.file
    outcome = inject(read_input(options.file, "manifest"), shown, spec)
    sys.stdout.write(outcome.text)
    tell((*outcome.report, *agent_image_notes(spec)))
    return 0
