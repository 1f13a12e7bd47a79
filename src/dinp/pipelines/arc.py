"""GitHub's Actions Runner Controller: values of the chart gha-runner-scale-set.

Facts (actions/actions-runner-controller at 2ee6b3b, charts/gha-runner-scale-set): with `containerMode.type` empty the
chart takes `template.spec` as it is (templates/autoscalingrunnerset.yaml); the runner starts actions and job
containers with binds of /home/runner/_work and of its own /home/runner/externals, so that the engine must see both at
those paths. The chart's own `dind` mode copies the externals in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

from dinp.model.pod import Mount, Object, Volume
from dinp.model.service_spec import Form, ServiceSpec
from dinp.pipelines.client import Client, client_image, pod_spec_of
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.pipeline import Request, Snippet, Style

TITLE = "Actions Runner Controller"
STYLES: tuple[Style, ...] = (Style("values", "values.yaml", "values of the chart gha-runner-scale-set"),)
FORMS: tuple[Form, ...] = (Form.NATIVE, Form.CONTAINER)
WITHOUT: Mapping[Form, str] = {}

RUNNER = "ghcr.io/actions/actions-runner:2.335.1"
"""The runner of that controller's release (its runner/VERSION)."""

_NOTES = ("githubConfigUrl and githubConfigSecret are yours to fill in.",)


def client(spec: ServiceSpec) -> Client:
    """The runner, with its tools copied to a volume that the engine can see too."""
    image = client_image(spec, RUNNER)
    tools = Mount("externals", "/home/runner/externals")
    copied = Mount(tools.volume, "/copied")
    copy: Object = {
        "name": "copy-externals",
        "image": image,
        "command": ["cp", "-r", f"{tools.path}/.", copied.path],
        "volumeMounts": [copied.data()],
    }
    return Client(
        name="runner",
        image=image,
        workspace=Mount("work", "/home/runner/_work"),
        command=("/home/runner/run.sh",),
        mounts=(tools,),
        volumes=(Volume(tools.volume, "emptyDir", {}),),
        init_containers=(copy,),
    )


def snippet(request: Request) -> Snippet:
    """The chart's values."""
    values: Object = {
        "githubConfigUrl": "https://github.com/ORGANISATION",
        "githubConfigSecret": "SECRET",
        "containerMode": {"type": ""},
        "template": {"spec": pod_spec_of(request.client, request.parts)},
    }
    runner: Path = ("template", "spec", "containers", len(request.parts.containers))
    comments: dict[Path, str] = {
        ("githubConfigUrl",): "Your organisation, enterprise or repository.",
        ("githubConfigSecret",): "Your secret with the credentials of a GitHub App, or a token.",
        ("containerMode",): "Not `dind`, which would add a docker:dind of its own beside this one.",
        (*runner, "image"): "Raise it with every release: GitHub gives no jobs to runners that are a month behind.",
    }
    return Snippet(commented_yaml(values, comments), _NOTES)
