"""Looks at engines of dinp on a machine with systemd and cgroup v2 alone; one JSON line for each check.

Every check runs a job through `dinp run` in a unit of systemd's, as a person or a service would, and reports what the
kernel shows of it. What is right is for the test outside to say.
"""

import json
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
LIMITS = ("--memory", "256MiB", "--cpus", "1.5", "--pids", "130")
DINP_RUN = ("python3", "-m", "dinp", "run", "--quiet")
USER = "tester"
KEPT = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DOCKER_CONFIG")

JOB = r"""
set -e
docker import /payload/images/busybox-amd64.tar bb >/dev/null
docker run -d --name held -m 32m bb sleep 1000 >/dev/null
python3 /payload/look.py
set +e
docker run --rm --privileged bb sh -c '
    head -c 700000000 /dev/zero | tail -c 600000000 >/dev/null
    echo "greedy-exit=$?"
    i=0
    while [ $i -lt 150 ]; do sleep 100 & i=$((i+1)); done' 2>errors
echo "last-exit=$?"
echo "last-words=$(tail -n 1 errors)"
"""
"""Few containers: each takes an emulated processor several seconds."""


KILLED = r"""
set -e
for kill in 1 2 3; do
    docker version -f "answer-$kill={{.Server.Os}}"
    kill -KILL $(python3 /payload/engine_pid.py)
done
docker version -f "answer-4={{.Server.Os}}"
"""
"""Each time the engine's groups go with it, and are made again."""


def passed_on() -> list[str]:
    """For systemd-run: what a job needs of ours."""
    return [f"--setenv={name}={os.environ[name]}" for name in KEPT]


def in_unit(*properties: str, job: tuple[str, ...], user: bool = False) -> dict[str, object]:
    """Run a job in a transient service, wait for it, and tell what it printed."""
    words = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", *(f"--property={each}" for each in properties)]
    home = f"/home/{USER}" if user else "/srv"
    words += [
        f"--working-directory={home}",
        *passed_on(),
        "--setenv=PYTHON=/usr/bin/python3",
        *(["--user"] if user else []),
        *job,
    ]
    began = time.monotonic()
    if user:
        about = pwd.getpwnam(USER)
        runtime = f"/run/user/{about.pw_uid}"
        words = [
            "setpriv", f"--reuid={USER}", f"--regid={about.pw_gid}", "--init-groups", "--reset-env",
            "env", f"PATH={os.environ['PATH']}", f"XDG_RUNTIME_DIR={runtime}",
            f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus", *words,
        ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    seen: dict[str, object] = {"code": done.returncode, "seconds": round(time.monotonic() - began, 1)}
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        seen[name] = json.loads(value) if value.startswith(("[", "{")) else value
    if done.returncode:
        seen["stderr"] = done.stderr[-9000:]
    seen["left"] = [str(path) for path in CGROUPS.rglob("dinp-*")]
    return seen


def machine() -> dict[str, object]:
    """What kind of machine this is."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return {
        "kernel": os.uname().release,
        "file_systems": sorted(
            {line.split()[2] for line in open("/proc/mounts") if line.split()[2].startswith("cgroup")}
        ),
        "may_raise_limits": bool(int(effective, 16) >> 24 & 1),
        "seconds_up": float(Path("/proc/uptime").read_text().split()[0]),
    }


def userns_delegated() -> dict[str, object]:
    return in_unit("Delegate=yes", job=(*DINP_RUN, *LIMITS, "--", "sh", "-c", JOB))


def userns_killed() -> dict[str, object]:
    return in_unit("Delegate=yes", job=(*DINP_RUN, *LIMITS, "--", "sh", "-c", KILLED))


def userns_plain_service() -> dict[str, object]:
    return in_unit(job=(*DINP_RUN, *LIMITS, "--", "sh", "-c", JOB))


def rootful() -> dict[str, object]:
    return in_unit("Delegate=yes", job=(*DINP_RUN, *LIMITS, "--isolation", "rootful", "--", "sh", "-c", JOB))


def rootless_delegated() -> dict[str, object]:
    return in_unit("Delegate=yes", job=(*DINP_RUN, *LIMITS, "--", "sh", "-c", JOB), user=True)


def rootless_plain_service() -> dict[str, object]:
    return in_unit(job=(*DINP_RUN, "--memory", "256MiB", "--", "sh", "-c", JOB), user=True)


CHECKS: tuple[Callable[[], dict[str, object]], ...] = (
    machine,
    userns_delegated,
    userns_killed,
    userns_plain_service,
    rootful,
    rootless_delegated,
    rootless_plain_service,
)


def main() -> None:
    """All checks, one after the other."""
    uid = pwd.getpwnam(USER).pw_uid
    subprocess.run(["systemctl", "start", f"user@{uid}.service"], check=True)
    with open(sys.argv[1], "w", encoding="utf-8") as port:
        for check in CHECKS:
            try:
                said = {"check": check.__name__, "seen": check()}
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                said = {"check": check.__name__, "error": str(error)}
            port.write(json.dumps(said) + "\n")
            port.flush()


if __name__ == "__main__":
    main()
