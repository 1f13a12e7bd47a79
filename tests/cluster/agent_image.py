"""The agent's image for tests on a cluster: built once a session from this checkout, pushed to its registry."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cluster.kit import Cluster
from tools.image.build import build_image
from tools.image.programs import LIBRARIES, image_programs
from tools.oci.image import digest_of
from tools.provision.cache import Cache

ROOT = Path(__file__).parents[2]
REPOSITORY = "dinp/agent"


def agent_reference(cluster: Cluster, scratch: Path, version: str = "29") -> str:
    """Build and push; the reference names the image by its content, so that nodes never run an older one."""
    programs = image_programs(os.environ, version)
    built = build_image(ROOT, programs, Cache.of(os.environ), scratch, print, LIBRARIES.get(version, ()))
    tag = digest_of(built.image.manifest_json()).removeprefix("sha256:")[:16]
    return cluster.registry.push(built.image, REPOSITORY, tag)
