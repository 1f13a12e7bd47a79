"""An image as one file: an OCI image layout in a tar, which skopeo, podman, containerd and docker load.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from tools.oci.image import INDEX, Image, described, digest_of


def write_archive(image: Image, reference: str, file: Path) -> str:
    """Write the archive; returns the manifest's digest, by which the image is known."""
    manifest, config = image.manifest_json(), image.config_json()
    entry = described(image) | {"annotations": {"org.opencontainers.image.ref.name": reference}}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        _add(tar, "index.json", json.dumps(index).encode())
        for blob in (manifest, config):
            _add(tar, _blob(digest_of(blob)), blob)
        for layer in image.layers:
            info = tarfile.TarInfo(_blob(layer.digest))
            info.size = layer.size
            with layer.file.open("rb") as content:
                tar.addfile(info, content)
    return digest_of(manifest)


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
