"""Jenkins with the kubernetes plugin: a scripted `podTemplate` or a declarative `agent { kubernetes … }`.

Facts of the plugin (jenkinsci/kubernetes-plugin at a82d78a): it runs steps only in `spec.containers` and mounts the
workspace only there, at /home/jenkins/agent unless a mount is there already (pod/decorator/DefaultWorkspaceVolume);
its own container comes behind those of `yaml:` (PodTemplateBuilder, combineContainers keeps their order); steps begin
when every container is ready (KubernetesLauncher); a volume called workspace-volume of its own replaces one of `yaml:`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dinp.model.pod import Mount, Object
from dinp.model.service_spec import Form, ServiceSpec
from dinp.pipelines.client import Client, client_image, pod_spec_of
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.example_step import ExampleStep
from dinp.pipelines.groovy_text import quoted, single_quoted
from dinp.pipelines.pipeline import Request, Snippet, Style

TITLE = "Jenkins"

_SCRIPTED = Style("scripted", "Jenkinsfile", "podTemplate and node, in a scripted pipeline")
_DECLARATIVE = Style("declarative", "Jenkinsfile", "pipeline { agent { kubernetes … } }")

STYLES: tuple[Style, ...] = (_SCRIPTED, _DECLARATIVE)
FORMS: tuple[Form, ...] = (Form.CONTAINER,)
WITHOUT: Mapping[Form, str] = {
    Form.NATIVE: "Jenkins' kubernetes plugin neither enters init containers nor gives them the workspace"
    " (kubernetes-plugin pull request 2869)",
}

_NOTES = (
    "A template that inherits another one's yaml needs yamlMergeStrategy: merge(), or this yaml replaces it.",
    "Keep the dinp container first: the others start when its hook has seen the socket.",
)


def client(spec: ServiceSpec) -> Client:
    """The container of `container('build')`, kept alive while the plugin runs steps in it."""
    workspace = Mount("workspace-volume", "/home/jenkins/agent")
    return Client("build", client_image(spec), workspace, command=("sleep",), args=("99d",))


def snippet(request: Request) -> Snippet:
    """A Jenkinsfile with the pod in single quotes, where Groovy changes nothing."""
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "spec": pod_spec_of(request.client, request.parts)}
    at = len(request.parts.containers)
    image: Path = ("spec", "containers", at, "image")
    comments = {image: f"Your image: {request.step.image}"}
    yaml = single_quoted("\n" + commented_yaml(pod, comments))
    container = quoted(request.client.name)
    words = _declarative if request.style is _DECLARATIVE else _scripted
    text = words(yaml, container, request.step)
    return Snippet(text, _NOTES)


def _scripted(yaml: str, container: str, step: ExampleStep) -> str:
    steps = _steps(step, 16)
    return f"""\
// {step.nothing_to_set}
podTemplate(yaml: {yaml}) {{
    node(POD_LABEL) {{
        stage('Checkout') {{
            // In the plugin's own agent, where git is.
            checkout scm
        }}
        container({container}) {{
            stage('Build') {{
                // Your steps.
{steps}            }}
        }}
    }}
}}
"""


def _declarative(yaml: str, container: str, step: ExampleStep) -> str:
    steps = _steps(step, 16)
    return f"""\
// {step.nothing_to_set}
pipeline {{
    agent {{
        kubernetes {{
            defaultContainer {container}
            yaml {yaml}
        }}
    }}
    stages {{
        stage('Build') {{
            steps {{
                // Your steps.
{steps}            }}
        }}
    }}
}}
"""


def _steps(step: ExampleStep, indent: int) -> str:
    """One `sh` for each command, each a line."""
    return "".join(f"{' ' * indent}sh {quoted(command)}\n" for command in step.commands)
