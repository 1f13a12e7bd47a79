"""`dinp render TOPOLOGY`: manifests on standard output."""

import argparse
import json
import sys

from dinp.cli.spec_options import add_spec_arguments, read_spec, tell
from dinp.model.service_spec import TopologyKind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("topology", choices=[kind.value for kind in TopologyKind], help="where the agent runs")
    add_spec_arguments(parser)
    parser.add_argument("--as", dest="workload", choices=["pod", "job"], default="pod", help="which example to print")
    parser.add_argument("-o", "--output", choices=["yaml", "json"], default="yaml")


def run(options: argparse.Namespace) -> int:
    """Print them."""
    from dinp.manifests.sidecar_example import Workload, sidecar_example
    from dinp.manifests.yaml_text import yaml_text
    from dinp.topologies.agent_image import agent_image_notes

    spec = read_spec(options)
    example = sidecar_example(spec, Workload(options.workload))
    if options.output == "json":
        sys.stdout.write(json.dumps(example, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(yaml_text(example))
    tell(agent_image_notes(spec))
    return 0
