"""GitLab CI with the Kubernetes executor: a patch in the runner's config.toml, and jobs that need nothing.

Facts (gitlab-org/gitlab-runner at d79f3e7, executors/kubernetes): a `pod_spec` patch of type strategic is merged by
Kubernetes' own library (doPodSpecMerge); the job runs in the container `build`; the volume `repo` is mounted at
/builds (getVolumeMounts); FF_USE_ADVANCED_POD_SPEC_CONFIGURATION lets patches in. Services have no gate for a unix
socket (gitlab-runner issue 27215), a native sidecar is one.
"""

from __future__ import annotations

from collections.abc import Mapping

from dinp.model.pod import Mount, Object
from dinp.model.service_spec import Form, ServiceSpec
from dinp.model.toml_text import Table, toml_text
from dinp.pipelines.client import Client, client_image
from dinp.pipelines.commented_yaml import Path, commented_yaml
from dinp.pipelines.pipeline import Request, Snippet, Style
from dinp.pipelines.pod_patch import pod_patch

TITLE = "GitLab"

_RUNNER = Style("runner", "config.toml", "once, for the runner: each of its jobs finds Docker")
_JOB = Style("job", ".gitlab-ci.yml", "a job for such a runner")

STYLES: tuple[Style, ...] = (_RUNNER, _JOB)
FORMS: tuple[Form, ...] = (Form.NATIVE,)
WITHOUT: Mapping[Form, str] = {
    Form.CONTAINER: "GitLab puts containers behind the job's own and has no gate for a unix socket"
    " (gitlab-runner issue 27215), so that the job would race with it",
}

_FLAG = "FF_USE_ADVANCED_POD_SPEC_CONFIGURATION=true"
_TAG = "docker"

_NOTES = (
    "With the Helm chart of gitlab-runner this text goes below `runners.config: |`.",
    "Jobs need no services and no variables: `dinp pipeline gitlab --style job` shows one.",
)


def client(spec: ServiceSpec) -> Client:
    """The container that the runner calls `build`."""
    return Client("build", client_image(spec), Mount("repo", "/builds"))


def snippet(request: Request) -> Snippet:
    """The runner's configuration, or a job."""
    return _job(request) if request.style is _JOB else _runner(request)


def _runner(request: Request) -> Snippet:
    patch = commented_yaml(pod_patch(request.client, request.parts))
    tables = (
        Table("runners", {"executor": "kubernetes", "environment": (_FLAG,)}, element=True),
        Table(
            "runners.kubernetes",
            {"image": request.client.image},
            comments={"image": f"For jobs that name none: {request.step.image}"},
        ),
        Table(
            "runners.kubernetes.pod_spec",
            {"name": "dinp", "patch_type": "strategic", "patch": patch},
            element=True,
        ),
    )
    return Snippet(
        toml_text(tables, ("Merge this into your runner's entry, which keeps its name, url and token.",)), _NOTES
    )


def _job(request: Request) -> Snippet:
    job: Object = {"image": request.client.image, "tags": [_TAG], "script": list(request.step.commands)}
    comments: dict[Path, str] = {
        ("build", "image"): f"Your image: {request.step.image}",
        ("build", "tags"): "A tag of the runner that has the patch of `dinp pipeline gitlab`.",
        ("build", "script"): "Your commands. No services, no variables, no loop.",
    }
    return Snippet(commented_yaml({"build": job}, comments))
