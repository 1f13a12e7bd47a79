"""Every manifest that is rendered or injected, before a real API server that forgives nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dinp.manifests.yaml_tree import parse, value
from dinp.model.kube_object import objects
from tests.cluster.kit import Cluster

GOLDEN = Path(__file__).parents[1] / "golden"


def manifests() -> Iterator[dict[str, Any]]:
    """The workloads of all golden outputs, as they can be created in a namespace that is empty otherwise."""
    for file in sorted((*GOLDEN.glob("render/*/expected.*"), *GOLDEN.glob("injector/*/expected.*"))):
        for root in parse(file.read_text(encoding="utf-8")):
            for each in objects(value(root)):
                # Parsed once more as the API server's clients do: numbers and words may differ.
                thing = yaml.safe_load(json.dumps(each.data))
                if each.template is None or "apiVersion" not in thing:
                    continue
                metadata = thing.setdefault("metadata", {})
                metadata.pop("namespace", None)
                if "generateName" not in metadata:
                    metadata.setdefault("name", "nameless")
                spec: Any = thing
                for step in (*each.template, "spec"):
                    spec = spec[step]
                spec.pop("serviceAccountName", None)
                yield thing


def test_the_api_server_accepts_them_in_strict_validation(cluster: Cluster, namespace: str) -> None:
    cluster.wait_for_service_account(namespace)
    listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests())}
    words = ("create", "-n", namespace, "--dry-run=server", "--validate=strict", "-f", "-")
    created = cluster.kubectl(*words, stdin=json.dumps(listed))
    assert len(created.splitlines()) == len(listed["items"]) > 30
