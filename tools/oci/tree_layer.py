"""A directory as a layer: sorted, without times, so that the same content has the same digest."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from tools.oci.image import Layer

LAYER_TIME = 0
"""When every file was changed, by the layer's word."""
CAPABILITY = "security.capability"
"""The one extended attribute that images keep (OCI image specification, layer.md)."""


def tree_layer(tree: Path, file: Path) -> Layer:
    """Write everything below `tree` as the tar `file`, owners, modes and file capabilities as they are."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, names in os.walk(tree):
            folders.sort()
            for name in sorted([*folders, *names]):
                path = Path(folder) / name
                if name in folders and path.is_symlink():
                    folders.remove(name)
                info = tar.gettarinfo(str(path), arcname=str(path.relative_to(tree)))
                info.mtime = LAYER_TIME
                info.uname = info.gname = ""
                if info.isreg() and CAPABILITY in os.listxattr(path):
                    # Bytes as they are: PAX headers are text, and Python writes what is none with this error handler.
                    value = os.getxattr(path, CAPABILITY).decode("utf-8", "surrogateescape")
                    info.pax_headers = {f"SCHILY.xattr.{CAPABILITY}": value}
                if info.isreg():
                    with path.open("rb") as content:
                        tar.addfile(info, content)
                else:
                    tar.addfile(info)
    return Layer.of(file)
