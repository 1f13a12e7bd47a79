"""docs/explanation/sidecar.md has a line for every field that dinp puts into a pod."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dinp.model.annotations import CONTAINER, DEFAULT_CONTAINER, INJECTED, VOLUMES
from dinp.topologies.client_contract import CONTRACT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/sidecar.md").read_text(encoding="utf-8")
GOLDEN = ROOT / "tests/golden"
FILES = sorted((*GOLDEN.glob("render/*/expected.yaml"), *GOLDEN.glob("injector/*/expected.*")))

AGENT, CLIENTS, POD = "The agent's container", "The clients' containers", "The pod's volumes and annotations"
SPAN = re.compile(r"`([^`]+)`")


def fields_of(heading: str) -> set[str]:
    """What the first cells of a chapter's tables have in code, without values."""
    (chapter,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    cells = [line.split(" | ")[0] for line in chapter.splitlines() if line.startswith("| ")]
    return {span.partition(": ")[0] for cell in cells for span in SPAN.findall(cell)}


def has_line(path: str, fields: set[str]) -> bool:
    """Whether a field is named, by itself or by what it lies in or by its last words."""
    return any(f".{field}." in f".{path}." for field in fields)


def pods(value: Any) -> Iterator[dict[str, Any]]:
    """Every pod (template) with an agent in an object."""
    if isinstance(value, list):
        for each in value:
            yield from pods(each)
    elif isinstance(value, dict):
        spec = value.get("spec")
        if isinstance(spec, dict) and any(each.get("name") == CONTAINER for each in containers(spec)):
            yield value
        for each in value.values():
            yield from pods(each)


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a pod; other kinds may have something else of that name."""
    both = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return [each for each in both if isinstance(each, dict)]


def paths(value: Any, before: str = "") -> Iterator[str]:
    """The paths of all values below a field; lists count as their items."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from paths(each, f"{before}.{key}" if before else key)
    elif isinstance(value, list) and value and not isinstance(value[0], str):
        for each in value:
            yield from paths(each, before)
    else:
        yield before


def added(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(chapter, field) for everything of dinp in a pod."""
    spec, marks = pod["spec"], (pod.get("metadata") or {}).get("annotations") or {}
    for one in containers(spec):
        if one.get("name") == CONTAINER:
            yield from ((AGENT, path) for path in paths({k: v for k, v in one.items() if k != "volumeMounts"}))
            yield from ((AGENT, each["mountPath"]) for each in one["volumeMounts"] if each["name"] in VOLUMES)
            continue
        yield from ((CLIENTS, each["name"]) for each in one.get("env") or () if each["name"] in CONTRACT)
        mounts = one.get("volumeMounts") or ()
        yield from ((CLIENTS, each["mountPath"]) for each in mounts if each["name"] in VOLUMES)
    for volume in spec["volumes"]:
        if volume["name"] in VOLUMES:
            rest = {key: value for key, value in volume.items() if key != "name"}
            yield from ((POD, f"{volume['name']}.{path}") for path in paths(rest))
    fields = {name: spec[name] for name in ("hostUsers", "securityContext") if name in spec}
    if INJECTED in marks:
        fields = json.loads(marks[INJECTED]).get("pod", {})
    yield from ((AGENT, path) for path in paths(fields) if path)
    yield from ((POD, mark) for mark in (INJECTED, DEFAULT_CONTAINER) if mark in marks)


def seen(file: Path) -> set[tuple[str, str]]:
    return {each for value in yaml.safe_load_all(file.read_text("utf-8")) for pod in pods(value) for each in added(pod)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.parent.name}/{file.parent.name}")
def test_every_field_has_its_line(file: Path) -> None:
    try:
        found = seen(file)
    except yaml.YAMLError:
        # A template that is no YAML, which inject leaves alone or refuses.
        assert file.parent.name.startswith("helm-template")
        return
    missing = {(chapter, field) for chapter, field in found if not has_line(field, fields_of(chapter))}
    assert not missing, f"docs/explanation/sidecar.md has no line for {sorted(missing)}"


def test_the_golden_pods_have_every_kind_of_part() -> None:
    found = {field for file in FILES if not file.parent.name.startswith("helm-template") for _, field in seen(file)}
    assert {*CONTRACT} <= found
    assert {field.partition(".")[0] for field in found if field.startswith("dinp-")} == {*VOLUMES}
    assert {INJECTED, DEFAULT_CONTAINER, "hostUsers", "fsGroup"} <= {
        field.rpartition("securityContext.")[2] for field in found
    }
