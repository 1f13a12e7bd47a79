"""The seed's multi-arch build, from a pod: two architectures, one name, and the node's table of formats untouched."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, pod, terminated
from tools.oci.image import Image, ImageConfig, Layer

TABLE = Path("/proc/sys/fs/binfmt_misc")
"""The bed's nodes share the kernel of the machine that the tests run on, and its table of formats; others' do not."""


def multi_arch_base(cluster: Cluster) -> str:
    """busybox for both architectures under one name, as public images are."""
    folder = Path(os.environ["DINP_IMAGES"])
    config = ImageConfig(command=("sh",), env={"PATH": "/bin"})
    images = [Image((Layer.of(folder / f"busybox-{name}.tar"),), config, name) for name in ("amd64", "arm64")]
    return cluster.registry.push_index(images, "dinp/test-multi-base", "latest")


def test_two_architectures_in_one_manifest_list(
    cluster: Cluster, namespace: str, inject: Injector, client_image: str, run_pod: Callable[[Mapping[str, Any]], Pod]
) -> None:
    formats = sorted(os.listdir(TABLE))
    built = f"{cluster.registry.name}/dinp/test-multi:{namespace}"
    script = f"""
    printf 'FROM {multi_arch_base(cluster)}\\nRUN uname -m > /machine\\nCMD ["cat", "/machine"]\\n' > Dockerfile
    docker buildx build --platform linux/amd64,linux/arm64 --push -t {built} . 2>&1
    docker pull -q --platform linux/arm64 {built} >/dev/null
    docker run --rm --platform linux/arm64 {built}
    docker pull -q --platform linux/amd64 {built} >/dev/null
    docker run --rm --platform linux/amd64 {built}
    """
    client = container(client_image, "sh", "-euc", script, workingDir="/tmp")
    running = run_pod(inject(pod("multi", client), "engine.emulation=arm64"))
    running.wait(terminated("main"), 240)
    said = running.logs("main")
    assert said.splitlines()[-2:] == ["aarch64", "x86_64"], said + running.evidence()
    assert cluster.registry.platforms("dinp/test-multi", namespace) == ["amd64", "arm64"]
    assert sorted(os.listdir(TABLE)) == formats
