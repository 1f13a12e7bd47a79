"""An agent whose root file system is read-only, as hardened clusters demand of every container.

What docs/explanation/sidecar.md says of it is what runs here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import AGENT, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, ready

WORKS = "docker pull -q busybox; printf 'FROM busybox\\nRUN echo made > /word\\n' | docker build -q -t made -"
LOOK = "docker run --rm made cat /word"


@pytest.mark.parametrize("isolation", ["userns", "rootful", "rootless"])
def test_an_image_is_built_beside_it(
    inject: Injector, run_pod: Callable[[Mapping[str, Any]], Pod], isolation: str
) -> None:
    body = inject(client_pod("exec sleep 3600"), f"engine.isolation={isolation}")
    (agent,) = (one for one in body["spec"]["initContainers"] if one["name"] == AGENT)
    agent["securityContext"]["readOnlyRootFilesystem"] = True
    if isolation == "rootless":
        agent["volumeMounts"].append({"name": "scratch", "mountPath": "/tmp"})
        body["spec"]["volumes"].append({"name": "scratch", "emptyDir": {}})
    running = run_pod(body)
    running.wait(ready, 120)
    done = running.exec("sh", "-ec", f"{{ {WORKS}; }} >/dev/null; {LOOK}", container="main", seconds=100)
    assert done.out == "made\n", done.out + done.err + running.evidence()
    written = running.exec("touch", "/usr/written", container=AGENT)
    assert "Read-only file system" in written.err, written
