"""An image as the OCI image specification describes it: layers, a configuration, a manifest.

https://github.com/opencontainers/image-spec
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
"""Not compressed: the bed's layers travel within one machine, where unpacking gzip costs more than the bytes."""
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Layer:
    """A tar file. `digest` is that of the file, which, uncompressed, is its diff_id too."""

    file: Path
    digest: str
    size: int

    @staticmethod
    def of(file: Path) -> Layer:
        """The layer in a tar file."""
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
        return Layer(file, f"sha256:{digest}", file.stat().st_size)


@dataclass(frozen=True)
class ImageConfig:
    """What a container of the image runs, unless its pod says otherwise."""

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    working_dir: str = "/"
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """Layers, lowest first, and the configuration. `architecture` as Go says it: amd64, arm64."""

    layers: tuple[Layer, ...]
    config: ImageConfig
    architecture: str

    def config_json(self) -> bytes:
        """The configuration blob."""
        config: dict[str, object] = {
            "Env": [f"{name}={value}" for name, value in self.config.env.items()],
            "Entrypoint": list(self.config.entrypoint) or None,
            "Cmd": list(self.config.command) or None,
            "User": self.config.user,
            "WorkingDir": self.config.working_dir,
            "Labels": dict(self.config.labels) or None,
            "Volumes": {path: {} for path in self.config.volumes} or None,
        }
        return json.dumps(
            {
                "architecture": self.architecture,
                "os": "linux",
                "config": config,
                "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]},
                # Optional by the specification, but podman builds on no image whose history leaves layers out.
                "history": [{"created_by": "dinp"} for _ in self.layers],
            }
        ).encode()

    def manifest_json(self) -> bytes:
        """The manifest blob."""
        config = self.config_json()
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)},
                "layers": [{"mediaType": LAYER, "digest": layer.digest, "size": layer.size} for layer in self.layers],
            }
        ).encode()


def described(image: Image) -> dict[str, object]:
    """An image as an index refers to it (OCI descriptor)."""
    manifest = image.manifest_json()
    return {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}


def digest_of(blob: bytes) -> str:
    """A blob's digest as registries write it."""
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
