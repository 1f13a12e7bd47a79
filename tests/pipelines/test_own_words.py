"""What CI systems' own code makes of snippets: decoded strictly by their types, pods made by their builders."""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dinp.cli.main import main
from tools.provision.cache import Cache
from tools.provision.go_programs import go_program
from tools.provision.go_table import CI_PODS

pytestmark = pytest.mark.formats

MODULE = Path(__file__).parent / "go"
BASES = Path(__file__).parent / "bases"
CHART_MODULE = "github.com/actions/actions-runner-controller"

Pod = dict[str, Any]


@pytest.fixture(scope="module")
def program() -> Path:
    return go_program(CI_PODS, Cache.of(os.environ), say=print)


@pytest.fixture(scope="module")
def chart() -> str:
    """The folder of the chart gha-runner-scale-set, in the module that the test program is made with."""
    command = ["go", "mod", "download", "-json", CHART_MODULE]
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=True, timeout=300)
    return f"{json.loads(done.stdout)['Dir']}/charts/gha-runner-scale-set"


@pytest.fixture
def ask(program: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """The pod that the program makes of what `dinp pipeline` prints, or of a piece of it."""

    def printed(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["pipeline", *words])
        assert ended.value.code == 0
        return capsys.readouterr().out

    def ask(words: str, *arguments: str, piece: Any = lambda text: text) -> Pod:
        text = piece(printed(*words.split()))
        done = subprocess.run(
            [str(program), *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return ask


def container(pod: Pod, name: str, place: str = "containers") -> Pod:
    (found,) = (each for each in pod[place] if each["name"] == name)
    return dict(found)


def mounts(one: Pod) -> set[str]:
    return {each["mountPath"] for each in one["volumeMounts"]}


def has_docker(client: Pod) -> bool:
    hosts = [each["value"] for each in client["env"] if each["name"] == "DOCKER_HOST"]
    return hosts == ["unix:///run/dinp/docker.sock"] and "/run/dinp" in mounts(client)


def test_tekton_waits_for_its_sidecar_which_sees_the_workspace(ask: Any) -> None:
    pod = ask("tekton", "tekton")
    step, sidecar = container(pod, "step-build"), container(pod, "sidecar-dinp")
    assert has_docker(step)
    assert "/workspace/source" in mounts(step) & mounts(sidecar)
    # The step's entrypoint waits for the file that says that every sidecar is ready.
    assert "-wait_file" in step["args"]
    assert "/tekton/downward/ready" in step["args"]


def test_tekton_makes_a_native_sidecar_of_the_same_task(ask: Any) -> None:
    sidecar = container(ask("tekton", "tekton", "native"), "sidecar-dinp", "initContainers")
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["lifecycle"]["postStart"]["exec"]["command"][:2] == ["dinp", "wait"]


def test_a_limit_reaches_the_sidecar_of_a_task(ask: Any) -> None:
    pod = ask("tekton --set resources.limits.memory=4GiB", "tekton")
    assert container(pod, "sidecar-dinp")["resources"]["limits"] == {"memory": "4Gi"}


def test_argo_keeps_the_native_sidecar_and_its_workspace(ask: Any) -> None:
    pod = ask("argo", "argo")
    sidecar = container(pod, "dinp", "initContainers")
    assert sidecar["restartPolicy"] == "Always"
    assert has_docker(container(pod, "main"))
    assert "/workspace" in mounts(sidecar) & mounts(container(pod, "main"))


def test_argo_takes_fields_of_the_pod_as_a_patch(ask: Any) -> None:
    assert ask("argo --set engine.isolation=rootless", "argo")["hostUsers"] is False


@pytest.mark.parametrize(("form", "place"), [("native", "initContainers"), ("container", "containers")])
def test_the_chart_of_arc_takes_the_pod_as_it_is(form: str, place: str, ask: Any, chart: str) -> None:
    pod = ask(f"arc --set form={form}", "arc", chart)
    runner, sidecar = container(pod, "runner"), container(pod, "dinp", place)
    assert has_docker(runner)
    assert {"/home/runner/_work", "/home/runner/externals"} <= mounts(runner) & mounts(sidecar)
    names = [each["name"] for each in (*pod["initContainers"], *pod["containers"])]
    assert names == ["copy-externals", "dinp", "runner"], "and nothing of the chart's own dind mode"


def patch_of_gitlab(text: str) -> str:
    return str(tomllib.loads(text)["runners"][0]["kubernetes"]["pod_spec"][0]["patch"])


def patch_of_buildkite(text: str) -> str:
    return yaml.safe_dump(yaml.safe_load(text)["steps"][0]["plugins"][0]["kubernetes"]["podSpecPatch"])


@pytest.mark.parametrize(
    ("system", "client", "workspace", "piece"),
    [
        ("gitlab", "build", "/builds", patch_of_gitlab),
        ("buildkite", "container-0", "/workspace", patch_of_buildkite),
    ],
)
def test_a_patch_adds_docker_and_takes_nothing_away(
    system: str, client: str, workspace: str, piece: Any, ask: Any
) -> None:
    base = BASES / f"{system}.yaml"
    before = yaml.safe_load(base.read_text(encoding="utf-8"))["spec"]
    after = ask(system, "patch", str(base), piece=piece)
    assert has_docker(container(after, client))
    # Kubernetes puts what a patch adds in front of what was there.
    sidecar = after["initContainers"][0]
    assert (sidecar["name"], sidecar["restartPolicy"]) == ("dinp", "Always")
    assert workspace in mounts(sidecar) & mounts(container(after, client))
    for place in ("initContainers", "containers"):
        for each in before[place]:
            kept = container(after, each["name"], place)
            assert kept["command"] == each["command"]
            assert mounts(each) <= mounts(kept)
            assert all(variable in kept.get("env", []) for variable in each.get("env", []))


@pytest.mark.parametrize("system", ["jenkins", "gitlab", "tekton", "arc", "argo", "buildkite"])
def test_the_pod_behind_is_one(system: str, ask: Any) -> None:
    assert ask(f"{system} --pod", "pod")["containers"]
