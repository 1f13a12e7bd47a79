"""What each CI system makes of a snippet, told anew and simply; test_own_words.py asks the systems' own code."""

import re
import tomllib
from typing import Any

import yaml

Data = dict[str, Any]


def pod_spec_from(system: str, text: str) -> Data:
    """The spec of the pod that comes of a snippet, as far as Docker is concerned."""
    return _EXPANSIONS[system](text)


def _jenkins(text: str) -> Data:
    literal = re.search(r"yaml:? ?'''(.*?)'''", text, re.DOTALL)
    assert literal is not None
    pod = yaml.safe_load(literal[1].replace("\\\\", "\\"))
    assert pod["kind"] == "Pod"
    return dict(pod["spec"])


def _gitlab(text: str) -> Data:
    (runner,) = tomllib.loads(text)["runners"]
    assert "FF_USE_ADVANCED_POD_SPEC_CONFIGURATION=true" in runner["environment"]
    (patch,) = runner["kubernetes"]["pod_spec"]
    assert patch["patch_type"] == "strategic"
    workspace = {"name": "repo", "mountPath": "/builds"}
    client = {"name": "build", "image": runner["kubernetes"]["image"], "volumeMounts": [workspace]}
    return _patched(client, yaml.safe_load(patch["patch"]))


def _buildkite(text: str) -> Data:
    # `buildkite-agent pipeline upload` leaves one of two dollars, and would replace the variable behind a single one.
    assert "$" not in text.replace("$$", "")
    (step,) = yaml.safe_load(text.replace("$$", "$"))["steps"]
    patch = step["plugins"][0]["kubernetes"]["podSpecPatch"]
    workspace = {"name": "workspace", "mountPath": "/workspace"}
    return _patched({"name": "container-0", "image": step["image"], "volumeMounts": [workspace]}, patch)


def _patched(client: Data, patch: Data) -> Data:
    """A strategic merge patch, of which only the merging by name matters here."""
    (changed,) = patch["containers"]
    assert changed["name"] == client["name"]
    mounts = [*client["volumeMounts"], *changed["volumeMounts"]]
    spec = {**patch, "containers": [{**client, **changed, "volumeMounts": mounts}]}
    spec["volumes"] = [{"name": client["volumeMounts"][0]["name"], "emptyDir": {}}, *patch["volumes"]]
    return spec


def _tekton(text: str) -> Data:
    task = yaml.safe_load(text)["spec"]
    (workspace,) = task["workspaces"]
    mount = {"name": workspace["name"], "mountPath": workspace["mountPath"]}
    (step,) = task["steps"]
    assert step.pop("workingDir") == f"$(workspaces.{workspace['name']}.path)"
    sidecars = [
        {
            **{"resources" if key == "computeResources" else key: value for key, value in sidecar.items()},
            "volumeMounts": [_named(each, workspace["name"]) for each in sidecar["volumeMounts"]],
        }
        for sidecar in task["sidecars"]
    ]
    step["volumeMounts"] = [mount, *step["volumeMounts"]]
    volumes = [{"name": workspace["name"], "emptyDir": {}}, *task["volumes"]]
    return {"containers": [*sidecars, step], "volumes": volumes}


def _named(mount: Data, workspace: str) -> Data:
    return {**mount, "name": mount["name"].replace(f"$(workspaces.{workspace}.volume)", workspace)}


def _argo(text: str) -> Data:
    (template,) = yaml.safe_load(text)["spec"]["templates"]
    container = {"name": "main", **template["container"]}
    assert container.pop("workingDir") == "/workspace"
    spec = yaml.safe_load(template.get("podSpecPatch", "{}"))
    return {
        **spec,
        "initContainers": template["initContainers"],
        "containers": [container],
        "volumes": template["volumes"],
    }


def _arc(text: str) -> Data:
    values = yaml.safe_load(text)
    assert values["containerMode"]["type"] == ""
    return dict(values["template"]["spec"])


_EXPANSIONS = {
    "jenkins": _jenkins,
    "gitlab": _gitlab,
    "tekton": _tekton,
    "arc": _arc,
    "argo": _argo,
    "buildkite": _buildkite,
}
