"""A pod with a user namespace of its own (`hostUsers: false`), whose root is nobody on the node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, terminated

Run = Callable[[Mapping[str, Any]], Pod]
OWNERS = """
export HOME=/workspace/home; mkdir -p "$HOME"
echo mine > /workspace/mine
docker pull -q busybox >/dev/null
docker run --rm -v /workspace:/workspace busybox sh -c 'cat /workspace/mine; echo theirs > /workspace/theirs'
stat -c '%u %n' /workspace/mine /workspace/theirs
"""
WORK = {"volumeMounts": [{"name": "work", "mountPath": "/workspace"}]}


def test_a_rootless_engine_works_there_with_a_workspace(inject: Injector, run_pod: Run) -> None:
    body = client_pod(OWNERS, securityContext={"runAsUser": 1000, "runAsGroup": 1000}, **WORK)
    body["spec"].update(hostUsers=False, volumes=[{"name": "work", "emptyDir": {}}])
    running = run_pod(inject(body, "engine.isolation=rootless"))
    running.wait(terminated("main"), 120)
    expected = ["mine", "1000 /workspace/mine", "1000 /workspace/theirs"]
    assert running.logs("main").splitlines() == expected, running.evidence()


@pytest.mark.parametrize("isolation", ["userns", "rootful"])
def test_the_others_are_refused_with_the_way_out(inject: Injector, isolation: str) -> None:
    body = client_pod("docker version")
    body["spec"]["hostUsers"] = False
    done = inject.run(body, f"engine.isolation={isolation}")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Choose engine.isolation: rootless" in done.stderr
