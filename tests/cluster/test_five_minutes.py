"""docs/how-to/five-minutes.md, command by command, on a cluster."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, kubectl_program

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/how-to/five-minutes.md"


def test_its_commands_lead_to_a_pod_with_docker(
    cluster: Cluster, inject: Injector, client_image: str, namespace: str, tmp_path: Path
) -> None:
    script = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    # What every reader has of their own: images and registries, a namespace, a directory.
    for theirs, ours in {
        "docker:29.7.2-cli": client_image,
        '--set "images.agent=$AGENT"': shlex.join(inject.words()),
        "kubectl ": f"{kubectl_program()} --namespace {namespace} ",
        "/tmp/dinp-five-minutes": str(tmp_path / "work"),
    }.items():
        assert theirs in script
        script = script.replace(theirs, ours)
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nhello from a build\n" in done.stdout
    assert not (tmp_path / "work").exists()
