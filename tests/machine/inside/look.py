"""Part of a job, outside of the engine: what the kernel shows of the engine's control group while a container runs.

With the argument `pid` only the id of the engine's first process, from its lease.
"""

import json
import os
import sys
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
HOMES = (Path("/var/lib/dinp"), Path.home() / ".local/state/dinp")


def state() -> Path:
    """The state directory of the run that this job is part of: its name is that of the socket's directory."""
    address = os.environ.get("DOCKER_HOST") or os.environ["BUILDKIT_HOST"]
    name = Path(address.removeprefix("unix://")).parent.name
    return next(home / "runs" / name for home in HOMES if os.access(home / "runs" / name, os.R_OK))


def read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def seen() -> dict[str, object]:
    instance = (state() / "instance").read_text(encoding="ascii").strip()
    (group,) = CGROUPS.rglob(f"dinp-{instance}/local")
    inner = [path for path in (group, *group.rglob("*")) if path.is_dir()]
    both = [
        str(path)
        for path in (*inner, *group.parents)
        if path.is_relative_to(CGROUPS) and path != CGROUPS
        and read(path / "cgroup.subtree_control") and read(path / "cgroup.procs")
    ]  # fmt: skip
    return {
        "agent-group": Path("/proc/self/cgroup").read_text(encoding="ascii").strip().partition("::")[2],
        "engine-group": str(group.relative_to(CGROUPS)),
        "limits": {name: read(group / name) for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max")},
        "containers-memory": [read(path / "memory.max") for path in group.glob("docker/*") if path.is_dir()],
        "groups-with-both": both,
        "populated": [str(path.relative_to(group)) for path in inner if read(path / "cgroup.procs")],
        "owner": group.stat().st_uid,
        "limit-owner": (group / "memory.max").stat().st_uid,
    }


def main() -> None:
    if sys.argv[1:] == ["pid"]:
        lease = state() / "tenants/local/lease.json"
        sys.stdout.write(str(json.loads(lease.read_text(encoding="utf-8"))["pid"]))
    else:
        sys.stdout.writelines(f"{name}={json.dumps(value)}\n" for name, value in seen().items())


if __name__ == "__main__":
    main()
