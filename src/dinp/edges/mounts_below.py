"""What is mounted below a directory."""

import os

from dinp.model.mountinfo import parse_mountinfo


def mounted_below(directory: str) -> tuple[str, ...]:
    """Where something is mounted below `directory`, parents first, each place once; without links in the paths."""
    real = os.path.realpath(directory).rstrip("/")
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = parse_mountinfo(file.read())
    return tuple(sorted({mount.target for mount in mounts if mount.target.startswith(f"{real}/")}))
