"""The agent's image for tests on a cluster: built once a session from this checkout, pushed to its registry."""

from __future__ import annotations

import os
from pathlib import Path

from testbed.images.oci_image import digest_of
from tests.cluster.kit import Cluster
from tools.image.build import build_image
from tools.provision.cache import Cache

ROOT = Path(__file__).parents[2]
REPOSITORY = "dinp/agent"


def agent_reference(cluster: Cluster, scratch: Path) -> str:
    """Build and push; the reference names the image by its content, so that nodes never run an older one."""
    engine = Path(os.environ["DINP_ENGINE_29"])
    programs = {file.name: file for file in engine.iterdir() if file.name != "ctr"}
    built = build_image(ROOT, programs, Cache.of(os.environ), scratch, print)
    tag = digest_of(built.image.manifest_json()).removeprefix("sha256:")[:16]
    return cluster.registry.push(built.image, REPOSITORY, tag)
