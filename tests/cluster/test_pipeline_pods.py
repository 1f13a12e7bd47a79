"""The pod behind each `dinp pipeline SYSTEM --topology sidecar`: its step builds and runs an image."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dinp.pipelines.all_pipelines import PIPELINES
from tests.cluster.agent_image import agent_reference
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, ready, terminated

STEP = """
mkdir context; cd context
printf 'FROM busybox\\nCOPY word /\\nCMD ["cat", "/word"]\\n' > Dockerfile; echo built > word
docker pull -q busybox >/dev/null; docker build -q -t app:v1.0.0-alpha.1 . >/dev/null
docker run --rm app:v1.0.0-alpha.1
docker run --rm -v "$PWD:$PWD" -w "$PWD" busybox cat word
"""


def pod_behind(system: str, inject: Injector, client_image: str, *settings: str) -> dict[str, Any]:
    """What the program prints, with a client that can be had here."""
    argv = [f"{sys.prefix}/bin/dinp", "pipeline", system, "--topology", "sidecar", "--pod"]
    words = inject.words(f"images.client={client_image}", *settings)
    done = subprocess.run([*argv, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout))


@pytest.mark.parametrize("system", [name for name in PIPELINES if name != "jenkins"])
def test_a_step_builds_and_runs(
    system: str, inject: Injector, client_image: str, run_pod: Callable[[Mapping[str, Any]], Pod]
) -> None:
    """Each system puts its own program in the place of the step's command; the step is what the program runs."""
    body = pod_behind(system, inject, client_image)
    for each in body["spec"].get("initContainers", []):
        if each["name"] != "dinp":
            # It copies what only the CI system's own image has.
            each["command"] = ["true"]
    *_, step = body["spec"]["containers"]
    step.pop("args", None)
    step["command"] = ["sh", "-euc", STEP]
    step["workingDir"] = step["volumeMounts"][0]["mountPath"]
    running = run_pod(body)
    running.wait(terminated(step["name"]), 180)
    assert running.logs(step["name"]) == "built\nbuilt\n", running.evidence()


BUILDKIT_STEP = """
printf 'FROM busybox\\nRUN echo made in a build > /made\\n' > Dockerfile
{commands}
tar -xOf app.tar index.json | grep -o 'app:v1.0.0-alpha.1'
"""


def test_a_step_builds_with_buildkitd_what_the_snippet_shows(
    cluster: Cluster, client_image: str, run_pod: Callable[[Mapping[str, Any]], Pod], tmp_path: Path
) -> None:
    image = agent_reference(cluster, tmp_path, "buildkitd")
    body = pod_behind("argo", Injector(cluster, image), client_image, "engine.kind=buildkitd")
    *_, step = body["spec"]["containers"]
    (commands,) = step["args"]
    assert step["command"] == ["sh", "-ec"]
    step["args"] = [BUILDKIT_STEP.format(commands=commands)]
    step["workingDir"] = "/workspace"
    running = run_pod(body)
    running.wait(terminated(step["name"]), 180)
    said = running.logs(step["name"])
    assert said.splitlines()[-1:] == ["app:v1.0.0-alpha.1"], said + running.evidence()


def test_jenkins_enters_a_container_that_is_kept_alive(
    inject: Injector, client_image: str, run_pod: Callable[[Mapping[str, Any]], Pod]
) -> None:
    running = run_pod(pod_behind("jenkins", inject, client_image))
    running.wait(ready, 120)
    done = running.exec("sh", "-euc", f"cd /home/jenkins/agent{STEP}", container="build", seconds=120)
    assert done.out == "built\nbuilt\n", done.err + running.evidence()
