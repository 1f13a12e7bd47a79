"""`dinp pipeline SYSTEM`: a snippet for a CI system on standard output."""

import argparse
import sys

from dinp.cli.spec_options import add_spec_arguments, read_input, tell
from dinp.model.nodes import Mapping
from dinp.model.service_document import parse_service_spec
from dinp.model.service_spec import ServiceSpec, TopologyKind
from dinp.model.yaml_nodes import parse_yaml
from dinp.pipelines.all_pipelines import PIPELINES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    styles = [f"{system}: {', '.join(each.name for each in it.STYLES)}" for system, it in PIPELINES.items()]
    parser.add_argument("system", choices=list(PIPELINES), help="where the jobs run")
    parser.add_argument("--topology", choices=[kind.value for kind in TopologyKind], help="where the agent runs")
    parser.add_argument("--style", metavar="STYLE", help=f"the usual one first: {'; '.join(styles)}")
    parser.add_argument(
        "--pod", action="store_true", help="print the pod that the snippet leads to, for `kubectl apply -f -`"
    )
    add_spec_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print it; what one needs to know besides goes to standard error."""
    from dinp.manifests.yaml_text import yaml_text
    from dinp.pipelines.snippets import pod_behind, snippet_of
    from dinp.topologies.agent_image import agent_image_notes

    spec, form_is_said = _spec(options)
    if options.pod:
        sys.stdout.write(yaml_text(pod_behind(options.system, spec, form_is_said=form_is_said)))
        tell(agent_image_notes(spec))
        return 0
    snippet = snippet_of(options.system, options.style, spec, form_is_said=form_is_said)
    sys.stdout.write(snippet.text)
    tell(snippet.notes)
    return 0


def _spec(options: argparse.Namespace) -> tuple[ServiceSpec, bool]:
    """The spec, and whether the user said its form: each CI system has a default of its own."""
    text = read_input(options.spec, "service spec") if options.spec else ""
    settings = list(options.settings)
    if options.topology:
        settings.append(f"topology={options.topology}")
    spec = parse_service_spec(text, options.spec or "the defaults", settings=settings)
    root = parse_yaml(text)
    said = isinstance(root, Mapping) and any(key.text == "form" for key, _ in root.entries)
    return spec, said or any(words.partition("=")[0].strip() == "form" for words in options.settings)
