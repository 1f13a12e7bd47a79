"""Jenkinsfiles in the hands of Groovy itself: the seeds' and dinp's."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dinp.model.service_spec import ServiceSpec
from dinp.pipelines.groovy_text import single_quoted
from dinp.pipelines.snippets import pod_behind, snippet_of

pytestmark = pytest.mark.formats

HEAR = Path(__file__).parent / "groovy" / "hear.groovy"
SEEDS = Path(__file__).parents[1] / "seeds"
AWKWARD = "a $(B) ${c} \\ ' '' ''' \"\"\" \\u0041 \t\n'"


def heard(*words: str) -> dict[str, Any]:
    """What Groovy said of files."""
    groovy, java = shutil.which("groovy"), shutil.which("java")
    assert groovy, "Groovy is missing: `make setup` says what to install"
    assert java, "Java is missing: `make setup` says what to install"
    # Debian's groovy looks for Java in one place only, which is not where every Java is.
    environment = os.environ | {"JAVA_HOME": str(Path(java).resolve().parents[1])}
    command = [groovy, str(HEAR), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Any]]]:
    """File -> its steps, all in one run: most of the time goes into starting Groovy."""
    folder = tmp_path_factory.mktemp("jenkins")
    files = {style: folder / f"{style}.groovy" for style in ("scripted", "declarative")}
    for style, file in files.items():
        file.write_text(snippet_of("jenkins", style, ServiceSpec(), form_is_said=False).text, encoding="utf-8")
    awkward = folder / "awkward.groovy"
    awkward.write_text(f"text {single_quoted(AWKWARD)}\n", encoding="utf-8")
    said = heard("--run", *map(str, (*files.values(), awkward)))
    return {Path(name).stem: result["steps"] for name, result in said.items()}


def argument_of(steps: list[list[Any]], step: str) -> Any:
    (found,) = (words for name, *words in steps if name == step)
    return found[0]


def in_order(steps: list[list[Any]]) -> Iterator[str]:
    return (name for name, *_ in steps)


@pytest.mark.parametrize("style", ["scripted", "declarative"])
def test_groovy_hands_the_pod_to_the_plugin_unchanged(style: str, steps: dict[str, list[list[Any]]]) -> None:
    given = argument_of(steps[style], "podTemplate" if style == "scripted" else "yaml")
    text = given["yaml"] if isinstance(given, dict) else given
    expected = pod_behind("jenkins", ServiceSpec(), form_is_said=False)["spec"]
    assert {"restartPolicy": "Never", **yaml.safe_load(text)["spec"]} == expected


def test_a_scripted_step_runs_in_the_clients_container(steps: dict[str, list[list[Any]]]) -> None:
    names = list(in_order(steps["scripted"]))
    assert names == ["podTemplate", "node", "stage", "checkout", "container", "stage", "sh"]
    assert argument_of(steps["scripted"], "container") == "build"


def test_declarative_steps_run_in_the_clients_container(steps: dict[str, list[list[Any]]]) -> None:
    assert argument_of(steps["declarative"], "defaultContainer") == "build"
    assert "sh" in in_order(steps["declarative"])


def test_single_quotes_keep_every_character(steps: dict[str, list[list[Any]]]) -> None:
    assert steps["awkward"] == [["text", AWKWARD]]


def test_the_known_jenkinsfiles() -> None:
    said = heard(
        *(str(SEEDS / f"Jenkinsfile.{name}") for name in ("sidecar", "deployment", "daemonset", "host-socket"))
    )
    errors = {Path(name).suffix: result["error"] for name, result in said.items() if "error" in result}
    # "$(REGISTRY)" between triple double quotes, in line 32; what is wrong with the others shows only when they run.
    assert set(errors) == {".sidecar"}
    assert "line 32" in errors[".sidecar"]
