"""`engine.limits.disk` on real engines of each kind: what can be made again is removed, and who fills it is ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from dinp.agent.disk import LOOK_EVERY
from tests.kinds.use import KINDS
from tests.support.agents import RunningAgent, agent
from tests.support.engines import folder as folder_of_programs
from tests.support.engines import import_busybox
from tests.support.ordinary_user import OrdinaryUser
from tests.support.running import Done

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("machine_unchanged")]

TENANT = "team-a"
LIMIT = 256
"""MiB."""

CONTAINERS = ("dockerd", "podman")

EVERY_ENGINE = (*KINDS.items(), ("dockerd", "20.10"))
"""Kind of engine, and the folder of programs that it is tried with."""

FOUND = rf"\d+ MiB of {LIMIT} MiB of disk are used: what can be made again is removed"
REMOVED = rf"\d+ MiB of {LIMIT} MiB of disk are used now"
ENDED = rf"used \d+ MiB of disk, of {LIMIT} MiB that it may, and was ended"


@contextmanager
def limited(kind: str, programs: str | None = None, user: OrdinaryUser | None = None) -> Iterator[RunningAgent]:
    """An agent whose tenant has an engine of a kind; an ordinary user's, when one is named."""
    isolation = "userns" if user is None else "rootless"
    engine = {"kind": kind, "isolation": isolation, "limits": {"disk": f"{LIMIT}MiB"}}
    with agent(programs or KINDS[kind], (TENANT,), engine, user=user) as running:
        yield running


def build(one: RunningAgent, folder: Path, name: str, mebibytes: int, *, then: str = "true") -> Done:
    """A build step that writes so much, by the kind's own client; it leaves cache, and no image with a name."""
    step = f"dd if=/dev/urandom of=/{name} bs=1M count={mebibytes} 2>/dev/null; {then}"
    return build_step(one, folder / name, step)


def build_step(one: RunningAgent, context: Path, step: str) -> Done:
    """A build with this step, which leaves no image with a name, from a folder that is made for it."""
    (context / "rootfs").mkdir(parents=True)
    with tarfile.open(Path(os.environ["DINP_IMAGES"]) / "busybox-amd64.tar") as archive:
        archive.extractall(context / "rootfs", filter="fully_trusted")
    (context / "Dockerfile").write_text(f"FROM scratch\nCOPY rootfs /\nRUN {step}\n", encoding="ascii")
    if one.version != "buildkitd":
        return one.client(TENANT, "env", "DOCKER_BUILDKIT=0", "docker", "build", ".", folder=context)
    buildctl = [str(folder_of_programs("buildkitd") / "buildctl"), "--addr", f"unix://{one.socket(TENANT)}"]
    local = [f"--local={each}={context}" for each in ("context", "dockerfile")]
    return one.client(TENANT, *buildctl, "build", "--frontend=dockerfile.v0", *local)


def used(one: RunningAgent) -> int:
    """MiB of the tenant's data, if there is any yet; files may vanish meanwhile."""
    data = one.state / "tenants" / TENANT / "data"
    counted = subprocess.run(("du", "-smx", str(data)), capture_output=True, text=True, check=False)
    return int((counted.stdout.split() or ["0"])[0])


def make_scarce(one: RunningAgent, folder: Path) -> None:
    """Fill most of the limit with what can be made again until the agent sees it; podman briefly has a step thrice."""
    for number in count():
        size = max(10, int(0.84 * LIMIT - used(one)) // 3)
        done = build(one, folder, f"layer{number}", size)
        if used(one) > 0.86 * LIMIT:
            with suppress(AssertionError):  # dockerd 29 cleans up some of it by itself
                one.log.wait(FOUND, tenant=TENANT, within=2 * LOOK_EVERY)
        if one.log.said(FOUND, tenant=TENANT):
            return  # this build may have lost its steps
        assert done.code == 0, done.all


@pytest.mark.parametrize(("kind", "programs"), EVERY_ENGINE)
def test_what_can_be_made_again_is_removed_and_who_fills_the_rest_is_ended(
    kind: str, programs: str, tmp_path: Path
) -> None:
    check_disk(kind, programs, tmp_path)


def check_disk(kind: str, programs: str, tmp_path: Path, user: OrdinaryUser | None = None) -> None:
    """Everything that the limit is for, in the order in which it comes."""
    with limited(kind, programs, user) as running:
        make_scarce(running, tmp_path)
        running.log.wait(REMOVED, tenant=TENANT)
        assert used(running) < LIMIT / 2
        assert len(running.log.said("ready after", tenant=TENANT)) == 1
        if kind in CONTAINERS:
            leaves = "docker volume create kept; docker run -v kept:/kept -v /lost busybox touch /kept/x /lost/x"
            done = running.script(TENANT, f"{import_busybox()}; {leaves}")
            assert done.code == 0, done.all

        done = build(running, tmp_path, "big", 2 * LIMIT, then="sleep 100")
        assert done.code != 0
        running.log.wait(ENDED, tenant=TENANT)
        refused = build(running, tmp_path, "refused", 1)
        assert re.search(ENDED, refused.all), refused.all
        again = (build(running, tmp_path, f"again{number}", 1) for number in count())
        done = next(done for done in again if not re.search(ENDED, done.all))
        assert done.code == 0, done.all
        running.log.wait(REMOVED, tenant=TENANT, count=2)
        assert used(running) < LIMIT / 2
        assert len(running.log.said("ready after", tenant=TENANT)) == 2
        if kind in CONTAINERS:
            assert running.docker(TENANT, "ps", "-aq").out == ""
            assert running.docker(TENANT, "volume", "ls", "-q").out == "kept\n"
            assert running.docker(TENANT, "run", "-v", "kept:/kept", "busybox", "ls", "/kept").out == "x\n"


SILENT = """
import ctypes, glob, os, select, signal, socket
libc = ctypes.CDLL(None)
doors = []
for folder in glob.glob('/proc/[0-9]*/fd'):
    pid = int(folder.split('/')[2])
    if pid == os.getpid():
        continue
    process = libc.syscall(434, pid, 0)
    for number in os.listdir(folder):
        taken = libc.syscall(438, process, int(number), 0)
        if taken < 0:
            continue
        try:
            found = socket.socket(fileno=taken)
            if found.family == socket.AF_UNIX and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                doors.append(found)
                os.kill(pid, signal.SIGSTOP)
        except OSError:
            os.close(taken)
with open('/var/lib/docker/filling', 'wb') as file:
    for _ in range(SCARCE):
        file.write(os.urandom(1 << 20))
    file.flush()
    silent = []
    while not any(b'prune' in client.recv(4096) for client in silent):
        ready = select.select(doors, [], [])[0]
        silent.append(ready[0].accept()[0])
    while True:
        file.write(os.urandom(1 << 20))
"""
"""Takes every listening socket in the engine out of its owner's hands, has the owner stand still, fills most of the
limit, accepts whoever asks to prune and does not answer, and fills on."""


def in_the_engine(running: RunningAgent, program: str, *options: str) -> None:
    """Start a Python program in the engine's own namespaces."""
    words = [
        "run",
        "-d",
        *options,
        "--privileged",
        "--pid=host",
        "busybox",
        "nsenter",
        "-t",
        "1",
        "-m",
        "-n",
        "-p",
        "--",
    ]
    done = running.docker(TENANT, *words, str(Path(sys.executable).resolve()), "-IS", "-c", program)
    assert done.code == 0, done.all


@pytest.mark.parametrize("kind", CONTAINERS)
def test_who_lets_the_agents_requests_unanswered_is_ended_nevertheless(kind: str) -> None:
    with limited(kind) as running:
        done = running.script(TENANT, import_busybox())
        assert done.code == 0, done.all
        in_the_engine(running, f"SCARCE = {int(0.9 * LIMIT)}\n{SILENT}")
        running.log.wait(FOUND, tenant=TENANT)
        running.log.wait(ENDED, tenant=TENANT)
        assert not running.log.said(REMOVED)


LURKING = """
import os, signal
if not os.path.exists('/var/lib/docker/lurks'):
    open('/var/lib/docker/lurks', 'w').close()
    signal.pause()
os.kill(int(open('/proc/1/task/1/children').read().split()[0]), signal.SIGSTOP)
with open('/var/lib/docker/filling', 'wb') as file:
    while True:
        file.write(os.urandom(1 << 20))
"""
"""Waits for the engine's next start, has it stand still then, and fills the disk."""


def test_an_engine_that_never_comes_to_answer_is_ended_too() -> None:
    with limited("dockerd") as running:
        done = running.script(TENANT, import_busybox())
        assert done.code == 0, done.all
        in_the_engine(running, LURKING, "--restart=always")
        lurks = running.state / "tenants" / TENANT / "data" / "lurks"
        while not lurks.exists():
            assert running.docker(TENANT, "ps").code == 0
        os.kill(running.engine(TENANT), signal.SIGKILL)
        running.log.wait(ENDED, tenant=TENANT)
        assert len(running.log.said("ready after", tenant=TENANT)) == 1
