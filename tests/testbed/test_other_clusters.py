"""Somebody's own cluster: which tests run there, and what they call their images."""

import re
from pathlib import Path

import pytest

from tests.cluster.references import at_registry, in_registry

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/contributing/testbed.md"


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("busybox", "r.local:5000/library/busybox"),
        ("docker:stable", "r.local:5000/library/docker:stable"),
        ("jenkins/inbound-agent:4.3-4-alpine", "r.local:5000/jenkins/inbound-agent:4.3-4-alpine"),
        ("registry.bed:5000/bed/debian:12", "registry.bed:5000/bed/debian:12"),
        ("ghcr.io/a/b", "ghcr.io/a/b"),
        ("localhost/a", "localhost/a"),
    ],
)
def test_an_image_that_names_no_registry_is_in_the_clusters(image: str, reference: str) -> None:
    assert in_registry(image, "r.local:5000") == reference


def test_every_container_of_a_job_is_meant_and_nothing_else() -> None:
    def job(name: str) -> object:
        spec = {"initContainers": [{"image": name, "args": ["image", name]}], "containers": [{"image": name}]}
        return {"kind": "Job", "spec": {"template": {"spec": spec}}}

    changed = at_registry(job("busybox"), "r:1")
    assert str(changed) == str(job("busybox")).replace("'image': 'busybox'", "'image': 'r:1/library/busybox'")


def test_the_page_names_every_file_with_tests_for_the_bed_alone() -> None:
    files = (ROOT / "tests/cluster").glob("test_*.py")
    marked = {file.stem for file in files if "mark.bed" in file.read_text(encoding="utf-8")}
    (listed,) = re.findall(r"Tests marked `bed`.*?\n\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert set(re.findall(r"`(test_\w+)`", listed)) == marked
