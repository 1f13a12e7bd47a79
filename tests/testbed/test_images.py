"""Images: the same content gives the same bytes, and every name leads to an image that exists."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from testbed.images.recipes import IMAGES, OTHER_NAMES, engine_names
from tools.oci.image import Image, ImageConfig, Layer
from tools.oci.layers import Content, parents, write_layer


def test_a_layer_depends_on_its_content_alone(tmp_path: Path) -> None:
    content = Content(texts={"etc/b": "2", "etc/a": "1"}, links={"bin/x": "y"}, folders={"tmp": 0o1777})
    again = Content(texts={"etc/a": "1", "etc/b": "2"}, links={"bin/x": "y"}, folders={"tmp": 0o1777})
    write_layer(content, tmp_path / "one.tar")
    write_layer(again, tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    with tarfile.open(tmp_path / "one.tar") as tar:
        assert tar.getnames() == ["bin", "etc", "tmp", "etc/a", "etc/b", "bin/x"]


def test_owners_and_modes_are_kept(tmp_path: Path) -> None:
    content = Content(
        executable_texts={"bin/run": "#!/bin/sh\n"}, folders={"home/me": 0o700}, owners={"home/me": (7, 8)}
    )
    write_layer(content, tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        home, program = tar.getmember("home/me"), tar.getmember("bin/run")
    assert (home.uid, home.gid, home.mode, program.mode) == (7, 8, 0o700, 0o755)


def test_folders_come_before_what_is_in_them() -> None:
    assert parents(["a/b/c", "a/d"]) == ["a", "a/b"]


def test_a_manifest_refers_to_its_configuration_and_layers(tmp_path: Path) -> None:
    (tmp_path / "layer.tar").write_bytes(b"content")
    layer = Layer.of(tmp_path / "layer.tar")
    image = Image((layer,), ImageConfig(command=("sh",), env={"A": "1"}), "amd64")
    manifest, config = json.loads(image.manifest_json()), json.loads(image.config_json())
    assert manifest["config"]["digest"] == f"sha256:{hashlib.sha256(image.config_json()).hexdigest()}"
    assert [one["digest"] for one in manifest["layers"]] == config["rootfs"]["diff_ids"] == [layer.digest]
    assert config["config"]["Env"] == ["A=1"]


@pytest.mark.parametrize("version", ["20.10", "29"])
def test_every_other_name_leads_to_an_image(version: str) -> None:
    have = {(image.repository, image.tag) for image in IMAGES}
    assert {*OTHER_NAMES.values(), *engine_names(version).values()} <= have
