"""Argo Workflows: a template whose `initContainers` hold the native sidecar.

Facts of the controller (argoproj/argo-workflows at f016ad8, workflow/controller): `initContainers` go into the pod as
they are, `restartPolicy` and hooks included (addInitContainers); `sidecars` become plain containers behind `main`, so
nothing would make `main` wait for them (addSidecars); volumes of the template that any container mounts are added
(addVolumeReferences); an exit code of 143 of anything but `main` is no failure (inferFailedReason).
"""

from __future__ import annotations

from collections.abc import Mapping

from dinp.model.pod import Mount, Object, Volume
from dinp.model.service_spec import Form, ServiceSpec
from dinp.pipelines.client import Client, client_image, container_of
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.example_step import example_step
from dinp.pipelines.pipeline import Request, Snippet, Style

TITLE = "Argo Workflows"
STYLES: tuple[Style, ...] = (
    Style("workflow", "workflow.yaml", "a Workflow to submit; its template fits a WorkflowTemplate as it is"),
)
FORMS: tuple[Form, ...] = (Form.NATIVE,)
WITHOUT: Mapping[Form, str] = {
    Form.CONTAINER: "Argo puts sidecars behind the main container and has no gate, so that main would race with it",
}


def client(spec: ServiceSpec) -> Client:
    """The template's container, which Argo calls `main`."""
    args = (example_step(spec).line,)
    return Client("main", client_image(spec), Mount("workspace", "/workspace"), command=("sh", "-ec"), args=args)


def snippet(request: Request) -> Snippet:
    """A Workflow of one template."""
    own, parts = request.client, request.parts
    container = {key: value for key, value in container_of(own, parts).items() if key != "name"}
    template: Object = {
        "name": "build",
        "initContainers": list(parts.init_containers),
        "container": {**container, "workingDir": own.workspace.path},
    }
    if parts.pod:
        # A text of its own: Argo merges it into the pod strategically, after everything else.
        template["podSpecPatch"] = commented_yaml(parts.pod).rstrip()
    volumes = (Volume(own.workspace.volume, "emptyDir", {}), *parts.volumes)
    template["volumes"] = [volume.data() for volume in volumes]
    workflow: Object = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "docker-"},
        "spec": {"entrypoint": "build", "templates": [template]},
    }
    here: Path = ("spec", "templates", 0)
    comments: dict[Path, str] = {
        (*here, "container", "image"): f"Your image: {request.step.image}",
        (*here, "container", "args"): f"Your commands. {request.step.answers}",
        (*here, "volumes", 0): "Your sources: let an artifact or a claim fill it.",
    }
    return Snippet(commented_yaml(workflow, comments))
