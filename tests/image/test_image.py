"""The agent's image: the same bytes for the same sources, and what is in it runs from a read-only root."""

import json
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.edges.engine_version import identity_of
from tools.image.build import BILL, BuiltImage, build_image
from tools.image.programs import image_programs
from tools.oci.archive import write_archive
from tools.provision.cache import Cache

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]
LARGEST = 455e6
"""Bytes; more than half of it is the engine itself."""


def build(folder: Path) -> BuiltImage:
    return build_image(ROOT, image_programs(os.environ, "29"), Cache.of(os.environ), folder, print)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    return build(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def root(built: BuiltImage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("root")
    for layer in built.image.layers:
        subprocess.run(["tar", "-xpf", layer.file, "-C", folder], check=True)
    yield folder
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def run_read_only(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a program with `root` as its read-only root file system."""
    script = (
        'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; mount -t proc proc "$0/proc"; exec chroot "$0" "$@"'
    )
    whole = ["unshare", "--mount", "--pid", "--fork", "sh", "-ec", script, str(root), *argv]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60)


def test_the_same_sources_give_the_same_digest(built: BuiltImage, tmp_path: Path) -> None:
    again = build(tmp_path / "again")
    one = write_archive(built.image, "dinp-agent", tmp_path / "one.tar")
    assert write_archive(again.image, "dinp-agent", tmp_path / "two.tar") == one


def test_its_agent_need_not_ask_for_the_engines_version(root: Path) -> None:
    engine = root / "usr/local/bin/dockerd"
    identity, version = engine.with_name("dockerd.version").read_text(encoding="utf-8").split("\n")[:2]
    assert identity == identity_of("/usr/local/bin/dockerd", engine.stat().st_size, engine.stat().st_mtime_ns)
    assert version.startswith("29.")


def test_it_is_small(built: BuiltImage) -> None:
    assert sum(built.sizes.values()) < LARGEST


def test_it_runs_from_a_read_only_root(root: Path) -> None:
    done = run_read_only(root, "dinp", "--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("dinp ")


def test_it_tells_of_bad_input_as_everywhere(root: Path) -> None:
    done = run_read_only(root, "dinp", "agent", "--check", "--config", "/nowhere.yaml")
    assert done.returncode == 2
    assert "/nowhere.yaml" in done.stderr


def test_every_module_is_compiled_ahead(root: Path) -> None:
    sources = list((root / "opt/dinp").rglob("*.py"))
    assert sources
    missing = [file for file in sources if not list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"))]
    assert not missing


def test_the_bill_of_materials_names_what_is_there(root: Path) -> None:
    packages = {package["name"] for package in json.loads((root / BILL).read_text())["packages"]}
    assert {"dinp", "dockerd", "runc", "nftables", "PyYAML"} <= packages


def test_the_archive_is_an_oci_layout(built: BuiltImage, tmp_path: Path) -> None:
    digest = write_archive(built.image, "dinp-agent", tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as tar:
        index = tar.extractfile("index.json")
        assert index is not None
        assert json.load(index)["manifests"][0]["digest"] == digest
        assert f"blobs/{digest.replace(':', '/')}" in tar.getnames()


def test_help_is_quick(root: Path) -> None:
    begin = time.monotonic()
    assert run_read_only(root, "dinp", "--help").returncode == 0
    assert time.monotonic() - begin < 5
