"""Buildkite's agent-stack-k8s: a step whose pod is patched by the kubernetes plugin.

Facts of the controller (buildkite/agent-stack-k8s at a5d56d1, internal/controller/scheduler): `podSpecPatch` is merged
strategically after the controller's own containers are there (PatchPodSpec); the first command container is
`container-0`; the volume `workspace` is mounted at /workspace in it; init containers that restart always count as
native sidecars (pod_watcher.go); containers of `podSpec` get Buildkite's own command. `pipeline upload` replaces
variables in every text of a pipeline, and `$$` by `$` (buildkite.com/docs, "Environment variables", interpolation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dinp.model.pod import Json, Mount, Object
from dinp.model.service_spec import Form, ServiceSpec
from dinp.pipelines.client import Client, client_image
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.pipeline import Request, Snippet, Style
from dinp.pipelines.pod_patch import pod_patch

TITLE = "Buildkite"
STYLES: tuple[Style, ...] = (Style("step", "pipeline.yml", "a step of a pipeline"),)
FORMS: tuple[Form, ...] = (Form.NATIVE,)
WITHOUT: Mapping[Form, str] = {
    Form.CONTAINER: "Buildkite's controller gives each plain container of a pod the step's command to run",
}

_NOTES = ("For every step at once, put podSpecPatch into the controller's values as config.pod-spec-patch.",)


def client(spec: ServiceSpec) -> Client:
    """The container in which the controller runs a step's command."""
    return Client("container-0", client_image(spec), Mount("workspace", "/workspace"))


def snippet(request: Request) -> Snippet:
    """A pipeline of one step."""
    plugin: Object = {"kubernetes": {"podSpecPatch": _kept(pod_patch(request.client, request.parts))}}
    step: Object = {
        "label": "build",
        "image": request.client.image,
        "command": _kept(request.step.line),
        "plugins": [plugin],
    }
    comments: dict[Path, str] = {
        ("steps", 0, "image"): f"Your image: {request.step.image}",
        ("steps", 0, "command"): f"Your commands. {request.step.answers}",
    }
    return Snippet(commented_yaml({"steps": [step]}, comments), _NOTES)


def _kept(value: Json) -> Json:
    """The same data after `pipeline upload`, which would otherwise put its own variables into it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _kept(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_kept(each) for each in value]
    return value
