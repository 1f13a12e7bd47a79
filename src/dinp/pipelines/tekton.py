"""Tekton Pipelines: a Task with a sidecar.

Facts (tektoncd/pipeline at 3ee1745): the first step starts when every sidecar is ready (await-sidecar-readiness, on by
default); with the feature flag enable-kubernetes-sidecar Tekton itself makes them native sidecars (pkg/pod/pod.go), so
that the spec's form does not matter; sidecars see a workspace for certain only when they mount
`$(workspaces.NAME.volume)` (docs/workspaces.md, "Sharing Workspaces with Sidecars"); a Task has no fields of the pod.
"""

from __future__ import annotations

from collections.abc import Mapping

from dinp.model.pod import Mount, Object
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_spec import Form, ServiceSpec
from dinp.pipelines.client import Client, client_image, container_of
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.example_step import example_step
from dinp.pipelines.pipeline import Request, Snippet, Style

TITLE = "Tekton"
STYLES: tuple[Style, ...] = (
    Style("task", "task.yaml", "a Task to apply; its step calls docker in the workspace `source`"),
)
FORMS: tuple[Form, ...] = (Form.CONTAINER,)
WITHOUT: Mapping[Form, str] = {
    Form.NATIVE: "Tekton makes native sidecars of a Task's sidecars by itself, when its feature flag"
    " enable-kubernetes-sidecar says so",
}

_WORKSPACE = "source"


def client(spec: ServiceSpec) -> Client:
    """The step; its workspace stands where Tekton mounts one by default."""
    workspace = Mount(_WORKSPACE, f"/workspace/{_WORKSPACE}")
    step = example_step(spec)
    if len(step.commands) > 1:
        return Client("build", client_image(spec), workspace, command=("sh", "-ec"), args=(step.line,))
    program, *args = step.line.split()
    return Client("build", client_image(spec), workspace, command=(program,), args=tuple(args))


def snippet(request: Request) -> Snippet:
    """One Task."""
    own, parts = request.client, request.parts
    if parts.pod:
        raise _impossible(f"the pod's own {', '.join(parts.pod)}", "Choose another isolation than rootless.")
    step = container_of(own, parts)
    step["workingDir"] = f"$(workspaces.{_WORKSPACE}.path)"
    # Tekton mounts workspaces into steps by itself.
    step["volumeMounts"] = [mount.data() for mount in parts.mounts]
    spec: Object = {
        "workspaces": [{"name": _WORKSPACE, "mountPath": own.workspace.path}],
        "volumes": [volume.data() for volume in parts.volumes],
        "sidecars": [_sidecar(each) for each in parts.containers],
        "steps": [step],
    }
    task: Object = {
        "apiVersion": "tekton.dev/v1",
        "kind": "Task",
        "metadata": {"name": "docker-build"},
        "spec": spec,
    }
    comments: dict[Path, str] = {
        ("spec", "steps", 0, "image"): f"Your image: {request.step.image}",
        ("spec", "steps", 0, "args"): f"Your command. {request.step.answers}",
    }
    return Snippet(commented_yaml(task, comments))


def _sidecar(container: Object) -> Object:
    """A container as a Sidecar (tekton.dev/v1): resources have another name, and Tekton names a workspace's volume."""
    sidecar = {"computeResources" if key == "resources" else key: value for key, value in container.items()}
    mounts = container["volumeMounts"]
    assert isinstance(mounts, list)
    sidecar["volumeMounts"] = [_mount(each) for each in mounts]
    return sidecar


def _mount(mount: Object) -> Object:
    return {**mount, "name": f"$(workspaces.{_WORKSPACE}.volume)"} if mount["name"] == _WORKSPACE else mount


def _impossible(what: str, remedy: str) -> BadInputError:
    sentence = f"This needs {what}, for which a Tekton Task has no place."
    return BadInputError(Problem("pipeline-pod-fields", sentence, remedy))
