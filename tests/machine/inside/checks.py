"""Looks at engines of dinp on a machine with systemd and cgroup v2 alone; one JSON line for each check.

Every check runs a job through `dinp run` in a unit of systemd's, as a person or a service would, and reports what the
kernel shows of it. What is right is for the test outside to say. Emulation is slow: two chains of checks run side by
side, and no check has more containers than it needs.
"""

import json
import os
import pwd
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
LIMITS = ("--memory", "256MiB", "--cpus", "1.5", "--pids", "130")
DINP_RUN = ("python3", "-m", "dinp", "run", "--quiet", *LIMITS)
USER = "tester"
KEPT = ("PATH", "PYTHONPATH", "PYTHONPYCACHEPREFIX")

Seen = dict[str, object]

LOOK = r"""
set -e
docker import /payload/images/busybox-amd64.tar bb >/dev/null
docker run -d --privileged --name held -m 32m bb sleep 1000 >/dev/null
python3 /payload/look.py
"""
"""A privileged container with a limit of its own, looked at while it runs."""

TAKE_TOO_MUCH = r"""
set +e
docker run --rm bb sh -c '
    dd if=/dev/zero of=/dev/null bs=500M count=1 2>/dev/null
    echo "greedy-exit=$?"
    i=0
    while [ $i -lt 150 ]; do sleep 100 & i=$((i+1)); done' 2>errors
echo "last-words=$(tail -n 1 errors)"
"""

BUILD_TOO_MUCH = r"""
set -e
buildctl debug workers >/dev/null
python3 /payload/look.py
mkdir -p context/rootfs
tar -xf /payload/images/busybox-amd64.tar -C context/rootfs
printf 'FROM scratch\nCOPY rootfs /\nRUN dd if=/dev/zero of=/dev/null bs=500M count=1\n' >context/Dockerfile
set +e
buildctl build --frontend dockerfile.v0 --local context=context --local dockerfile=context >/dev/null 2>errors
echo "greedy-exit=$(sed -n 's/.*exit code: //p' errors | tail -n 1)"
echo "last-words=$(tail -n 1 errors)"
buildctl debug workers >/dev/null && echo "answers=true"
"""
"""The group of a build step is runc's own, beside the engine's leaf."""

BE_KILLED = r"""
set -e
for kill in 1 2; do
    docker version -f "answer-$kill={{.Server.Os}}"
    kill -KILL $(python3 /payload/look.py pid)
done
docker version -f "answer-3={{.Server.Os}}"
python3 /payload/look.py
"""
"""Each time the engine's groups go with it, and are made again."""


def in_unit(*properties: str, job: str, options: tuple[str, ...] = (), user: bool = False) -> Seen:
    """Run a job in a transient service, wait for it, and tell what it printed."""
    home = f"/home/{USER}" if user else "/srv"
    words = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--working-directory={home}"]
    words += [f"--property={each}" for each in properties]
    words += [f"--setenv={name}={os.environ[name]}" for name in KEPT]
    words += [*(["--user"] if user else []), *DINP_RUN, *options, "--", "sh", "-c", job]
    if user:
        words = [*as_user(), *words]
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
    seen: Seen = {"code": done.returncode, "seconds": round(time.monotonic() - began, 1)}
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        try:
            seen[name] = json.loads(value)
        except ValueError:
            seen[name] = value
    seen["told"] = [line for line in done.stderr.splitlines() if "(dinp explain " in line]
    if done.returncode:
        seen["stderr"] = done.stderr[-9000:]
    instance = str(seen.get("engine-group", "dinp-*")).split("/")[-2:][0]
    seen["left"] = [str(path) for path in CGROUPS.rglob(instance)]
    return seen


def as_user() -> list[str]:
    """What makes a command the user's, with the user's own systemd at hand."""
    about = pwd.getpwnam(USER)
    runtime = f"/run/user/{about.pw_uid}"
    return [
        "setpriv", f"--reuid={USER}", f"--regid={about.pw_gid}", "--init-groups", "--reset-env",
        "env", f"PATH={os.environ['PATH']}", f"XDG_RUNTIME_DIR={runtime}",
        f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus",
    ]  # fmt: skip


def machine() -> Seen:
    """What kind of machine this is."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    mounts = [line.split()[2] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    return {
        "kernel": os.uname().release,
        "file_systems": sorted({kind for kind in mounts if kind.startswith("cgroup")}),
        "may_raise_limits": bool(int(effective, 16) >> 24 & 1),
        "seconds_up": float(Path("/proc/uptime").read_text(encoding="ascii").split()[0]),
    }


def userns_delegated() -> Seen:
    return in_unit("Delegate=yes", job=LOOK + TAKE_TOO_MUCH)


def userns_plain_service() -> Seen:
    return in_unit(job=LOOK)


def userns_killed() -> Seen:
    return in_unit("Delegate=yes", job=BE_KILLED)


def rootful() -> Seen:
    return in_unit("Delegate=yes", job=LOOK, options=("--isolation", "rootful"))


def rootless() -> Seen:
    return in_unit(job=LOOK + TAKE_TOO_MUCH, user=True)


def rootless_buildkitd() -> Seen:
    return in_unit(job=BUILD_TOO_MUCH, options=("--engine", "buildkitd"), user=True)


CHAINS: tuple[tuple[Callable[[], Seen], ...], ...] = (
    (machine, userns_delegated, userns_plain_service, rootless_buildkitd),
    (rootless, rootful, userns_killed),
)


def main() -> None:
    """All checks; each result is told when it is there."""
    subprocess.run(["systemctl", "start", f"user@{pwd.getpwnam(USER).pw_uid}.service"], check=True)
    one_at_a_time = threading.Lock()

    def work(chain: tuple[Callable[[], Seen], ...]) -> None:
        for check in chain:
            try:
                said: Seen = {"check": check.__name__, "seen": check()}
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                said = {"check": check.__name__, "error": str(error)}
            with one_at_a_time, open(sys.argv[1], "w", encoding="utf-8") as port:
                port.write(json.dumps(said) + "\n")

    threads = [threading.Thread(target=work, args=(chain,)) for chain in CHAINS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
