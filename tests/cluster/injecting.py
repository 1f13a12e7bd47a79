"""Pods as `dinp inject` prints them, for a cluster of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.cluster.kit import Cluster


@dataclass(frozen=True)
class Injector:
    """`dinp inject` with an image of the agent, and the cluster's registry as mirror.

    injector(pod, "key=value" …) -> the pod as it is printed.
    """

    cluster: Cluster
    agent_image: str

    def __call__(self, body: Mapping[str, Any], *settings: str) -> dict[str, Any]:
        done = self.run(body, *settings)
        assert done.returncode == 0, done.stderr
        return dict(yaml.safe_load(done.stdout))

    def run(self, body: Mapping[str, Any], *settings: str) -> subprocess.CompletedProcess[str]:
        """What the program answers."""
        argv = ["inject", "-f", "-", *self.words(*settings)]
        return subprocess.run([f"{sys.prefix}/bin/dinp", *argv], input=json.dumps(body), capture_output=True, text=True)

    def words(self, *settings: str) -> list[str]:
        """The command line's words for this cluster; those of `settings` are stronger."""
        name = self.cluster.registry.name
        usual = (
            f"images.agent={self.agent_image}", "images.pull_policy=IfNotPresent",
            f"engine.registries.mirrors=http://{name}", f"engine.registries.insecure={name}",
        )  # fmt: skip
        return [word for setting in (*usual, *settings) for word in ("--set", setting)]
