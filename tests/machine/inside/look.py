"""Part of a job, outside of the engine: what the kernel shows of the engine's control group while a container runs."""

import json
import sys
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def main() -> None:
    (group,) = CGROUPS.rglob("dinp-*/local")
    own = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().partition("::")[2]
    inner = [path for path in (group, *group.rglob("*")) if path.is_dir()]
    both = [
        str(path)
        for path in (*inner, *group.parents)
        if path.is_relative_to(CGROUPS) and path != CGROUPS
        and read(path / "cgroup.subtree_control") and read(path / "cgroup.procs")
    ]  # fmt: skip
    limits = {name: read(group / name) for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max")}
    populated = [str(path.relative_to(group)) for path in inner if read(path / "cgroup.procs")]
    containers = [read(path / "memory.max") for path in group.glob("docker/*")]
    seen = {
        "containers-memory": json.dumps(containers),
        "agent-group": own,
        "engine-group": str(group.relative_to(CGROUPS)),
        "limits": json.dumps(limits),
        "groups-with-both": json.dumps(both),
        "populated": json.dumps(populated),
        "owner": group.stat().st_uid,
        "limit-owner": (group / "memory.max").stat().st_uid,
    }
    sys.stdout.writelines(f"{name}={value}\n" for name, value in seen.items())


if __name__ == "__main__":
    main()
