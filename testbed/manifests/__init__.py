"""The objects that the bed itself runs in its cluster, as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def objects(name: str) -> list[Mapping[str, Any]]:
    """The objects in manifests/NAME.yaml, in their order."""
    return list(yaml.safe_load_all((Path(__file__).parent / f"{name}.yaml").read_text()))
