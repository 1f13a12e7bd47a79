"""From a checkout to an image: three layers, those that change seldom at the bottom."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dinp import __version__
from dinp.edges.engine_version import BESIDE, VersionQuestion, identity_of, remembered
from dinp.model.engine_spec import EngineKind
from tools.image.application import make_application
from tools.image.bill_of_materials import bill_of_materials
from tools.image.root_tree import make_root
from tools.oci.image import Image, ImageConfig, Layer
from tools.oci.tree_layer import LAYER_TIME, tree_layer
from tools.provision.cache import Cache
from tools.provision.images import native

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LABELS = {
    "org.opencontainers.image.title": "dinp agent",
    "org.opencontainers.image.description": "A private Docker engine for whoever connects first",
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.version": __version__,
}
ENGINE_NAMES = frozenset(kind.value for kind in EngineKind)
BILL = "usr/share/dinp/sbom.spdx.json"


@dataclass(frozen=True)
class BuiltImage:
    """The image, and what takes the room: (layer, bytes)."""

    image: Image
    sizes: Mapping[str, int]


def build_image(
    checkout: Path,
    programs: Mapping[str, Path],
    cache: Cache,
    scratch: Path,
    say: Callable[[str], None],
    libraries: tuple[str, ...] = (),
) -> BuiltImage:
    """Build the image in the empty directory `scratch`, which must outlive its use; needs root, for owners.

    Args:
        checkout: this repository.
        programs: the engine's programs by name.
        cache: where the Debian tree is kept.
        scratch: where layers are made.
        say: told each step.
        libraries: Debian packages that the programs need besides the usual ones.
    """
    layers: dict[str, Layer] = {}
    trees = {name: scratch / name for name in ("debian", "engine", "dinp")}
    for tree in trees.values():
        tree.mkdir(parents=True)
    say("debian: unpacking and pruning")
    make_root(trees["debian"], libraries, cache, say)
    say("engine: copying programs")
    for name, file in sorted(programs.items()):
        target = trees["engine"] / "usr/local/bin" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755)
        if name in ENGINE_NAMES:
            # A pod's state is empty: its agent would ask the engine for its version before each first start.
            version = VersionQuestion(str(file), None).answer()
            identity = identity_of(f"/{target.relative_to(trees['engine'])}", file.stat().st_size, LAYER_TIME)
            target.with_name(name + BESIDE).write_text(remembered(identity, version), encoding="utf-8")
    say("dinp: copying and compiling")
    distributions = make_application(trees["dinp"], checkout)
    bill = trees["dinp"] / BILL
    bill.parent.mkdir(parents=True, exist_ok=True)
    bill.write_text(bill_of_materials(__version__, trees["debian"], distributions, programs), encoding="utf-8")
    for name, tree in trees.items():
        layers[name] = tree_layer(tree, scratch / f"{name}.tar")
        shutil.rmtree(tree)
    config = ImageConfig(("dinp",), ("agent", "--help"), env={"PATH": PATH}, labels=LABELS)
    return BuiltImage(Image(tuple(layers.values()), config, native()), {n: layer.size for n, layer in layers.items()})
