"""An image of the agent without the engine that a spec asks for is told of, wherever manifests are made."""

import subprocess
import sys
from pathlib import Path

import pytest

SEED = Path(__file__).parents[1] / "seeds" / "client-hostpath-socket.yaml"
COMMANDS = [("render", "sidecar"), ("inject", "-f", str(SEED)), ("pipeline", "argo"), ("pipeline", "argo", "--pod")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", ["dockerd", "podman", "buildkitd"])
def test_it_is_told_where_manifests_are_made(command: tuple[str, ...], kind: str) -> None:
    argv = [sys.executable, "-m", "dinp", *command, "--set", f"engine.kind={kind}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert (f"python -m tools.image --engine {kind}" in done.stderr) is (kind != "dockerd")
