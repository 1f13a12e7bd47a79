"""An image made by a test runs in a pod: pushed to the cluster's registry, pulled by the node."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.cluster.kit import Pod, container, ended, pod
from tools.oci.image import Image, ImageConfig, Layer
from tools.oci.layers import Content, write_layer
from tools.provision.cache import Cache
from tools.provision.images import busybox_image, native


def test_a_pushed_image_runs(
    tmp_path: Path, push_image: Callable[..., str], run_pod: Callable[[Mapping[str, Any]], Pod]
) -> None:
    busybox = Path(os.environ["DINP_TOOLS"]) / "busybox-static"
    base = busybox_image(Cache.of(os.environ), busybox, architecture=native(), say=print)
    write_layer(Content(texts={"proof": "made here\n"}), tmp_path / "proof.tar")
    layers = (Layer.of(base), Layer.of(tmp_path / "proof.tar"))
    reference = push_image(Image(layers, ImageConfig(command=("cat", "/proof")), native()), "test/proof")
    one = run_pod(pod("one", container(reference)))
    one.wait(ended)
    assert one.logs() == "made here\n"
