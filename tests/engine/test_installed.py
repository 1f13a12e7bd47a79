"""The wheel, installed as pipx does it: a virtual environment of its own, and programs that run from anywhere."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.engines import environment

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

SOURCES = Path(__file__).parents[2]
VERSION = "29"


def said(*words: str | Path, folder: Path) -> str:
    done = subprocess.run(words, env=environment(VERSION), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installed programs are."""
    folder = tmp_path_factory.mktemp("installed")
    said(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, SOURCES, folder=folder)
    (wheel,) = folder.glob("dinp-*.whl")
    venv.create(folder / "own", with_pip=True)
    said(folder / "own" / "bin" / "pip", "install", "--quiet", wheel, folder=folder)
    return folder / "own" / "bin"


def test_it_gives_a_command_an_engine(programs: Path, tmp_path: Path) -> None:
    asked = ("docker", "version", "--format", "{{.Server.Version}}")
    assert said(programs / "dinp", "run", "--", *asked, folder=tmp_path).startswith(f"{VERSION}.")


def test_it_has_all_that_it_reads_with_it(programs: Path, tmp_path: Path) -> None:
    assert "Cause: " in said(programs / "dinp", "explain", "no-tun", folder=tmp_path)
    assert "kind: Pod" in said(programs / "kubectl-dinp", "render", "sidecar", folder=tmp_path)
    pod = tmp_path / "pod.yaml"
    pod.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n")
    assert "dinp.dev/injected" in said(programs / "dinp", "inject", "-f", pod, folder=tmp_path)
    assert "agent" in said(programs / "dinp", "pipeline", "jenkins", folder=tmp_path)
