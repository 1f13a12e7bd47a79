"""Every manifest that is rendered or injected, before a real API server that forgives nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dinp.injector.documents import eject, inject
from dinp.manifests.yaml_tree import parse, value
from dinp.model.kube_object import objects
from dinp.model.service_document import parse_service_spec
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


POD = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: a, image: docker:cli, volumeMounts: [{name: s, mountPath: /var/run/docker.sock, subPath: ""}]}
  volumes:
  - {name: s, hostPath: {path: /var/run/docker.sock}}
"""
SPECS = [
    [],
    ["resources.limits.memory=2GiB", "resources.limits.cpu=1", "credentials=logins", "authorities.config_map=c"],
    ["storage.kind=ephemeral", "engine.isolation=rootless", "form=container"],
    ["endpoint.kind=tls", "authorities.secret=c", "storage.kind=hostPath", "storage.path=/x"],
]


@pytest.mark.parametrize("settings", SPECS, ids=lambda settings: settings[0] if settings else "defaults")
def test_what_the_api_server_fills_in_is_no_change(settings: list[str], cluster: Cluster, namespace: str) -> None:
    """Eject of what the API has says nothing, and leaves nothing of dinp's."""
    cluster.wait_for_service_account(namespace)
    injected = inject(POD, "p.yaml", parse_service_spec("", "none", settings=settings)).text
    words = ("create", "-n", namespace, "--dry-run=server", "-o", "json", "-f", "-")
    outcome = eject(cluster.kubectl(*words, stdin=injected), "p.json")
    assert outcome.report == ("Pod p: ejected",)
    spec = json.loads(outcome.text)["spec"]
    assert "dinp" not in outcome.text.replace(namespace, "")
    assert "initContainers" not in spec
    mount, token = spec["containers"][0]["volumeMounts"]
    assert {"subPath": "", **mount} == {"name": "s", "mountPath": "/var/run/docker.sock", "subPath": ""}
    assert token["name"].startswith("kube-api-access-")
