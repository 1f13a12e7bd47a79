"""Makes layers: tar files whose bytes depend on their content alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EXECUTABLE = 0o755


@dataclass(frozen=True)
class Content:
    """What a layer holds, by path in the image, without the leading slash.

    programs: files of this machine, executable; texts: files by their content; links: symbolic; folders: path -> mode.
    """

    programs: Mapping[str, Path] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    executable_texts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def write_layer(content: Content, file: Path) -> None:
    """Write the content as a tar file: sorted, owned by root unless `owners` says otherwise, and without times."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in parents([*content.programs, *content.texts, *content.executable_texts, *content.links]):
            if path not in content.folders:
                tar.addfile(entry(content, path, tarfile.DIRTYPE, EXECUTABLE))
        for path, mode in sorted(content.folders.items()):
            tar.addfile(entry(content, path, tarfile.DIRTYPE, mode))
        for path, source in sorted(content.programs.items()):
            info = entry(content, path, tarfile.REGTYPE, EXECUTABLE)
            info.size = source.stat().st_size
            with source.open("rb") as program:
                tar.addfile(info, program)
        for texts, mode in ((content.texts, 0o644), (content.executable_texts, EXECUTABLE)):
            for path, text in sorted(texts.items()):
                info = entry(content, path, tarfile.REGTYPE, mode)
                data = text.encode()
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        for path, target in sorted(content.links.items()):
            info = entry(content, path, tarfile.SYMTYPE, 0o777)
            info.linkname = target
            tar.addfile(info)


def entry(content: Content, path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    """A tar entry without a time, owned as `content.owners` says."""
    info = tarfile.TarInfo(path)
    info.type = kind
    info.mode = mode
    info.uid, info.gid = content.owners.get(path, (0, 0))
    return info


def parents(paths: Sequence[str]) -> list[str]:
    """Every folder above these paths, the outer ones first."""
    found = {str(folder) for path in paths for folder in Path(path).parents}
    return sorted(found - {"."})
