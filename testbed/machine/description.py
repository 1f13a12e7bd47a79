"""What a machine's init has to know before it can build the machine around itself."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Description:
    """A machine to be.

    files: folder laid over the host's root file system; work: overlayfs' own folder beside it; root: the mount point.
    volumes: (folder on the host, path in the machine): real file systems where an overlay will not do.
    """

    name: str
    files: str
    work: str
    root: str
    control_socket: str
    volumes: tuple[tuple[str, str], ...]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")

    @staticmethod
    def read(path: Path) -> Description:
        """Read what `write` wrote. Raises KeyError or ValueError if it is something else."""
        data = json.loads(path.read_text())
        data["volumes"] = tuple((str(source), str(target)) for source, target in data["volumes"])
        return Description(**data)
