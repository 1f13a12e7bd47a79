"""A builder that needs no engine, in the client's container of an injected pod: it works as without the sidecar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import agent_words
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, pod, terminated


@pytest.mark.parametrize("isolation", ["userns", "rootless"])
def test_buildah_builds_by_itself(
    cluster: Cluster,
    inject: Injector,
    client_image: str,
    run_pod: Callable[[Mapping[str, Any]], Pod],
    isolation: str,
) -> None:
    script = f"""
    printf 'FROM {cluster.image("library/busybox")}\\nRUN echo made > /word\\n' > Dockerfile
    alone() {{ buildah --storage-driver vfs "$@"; }}
    alone build -q --isolation chroot --tls-verify=false -t mine . >/dev/null
    alone run --isolation chroot "$(alone from --pull-never mine)" cat /word
    """
    client = container(client_image, "sh", "-euc", script, workingDir="/tmp")
    running = run_pod(inject(pod("client", client), f"engine.isolation={isolation}"))
    running.wait(terminated("main"), 120)
    assert running.logs("main") == "made\n", running.evidence()
    assert "ready after" not in agent_words(running), "nobody asked the engine for anything"
