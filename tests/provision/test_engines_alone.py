"""Each engine folder runs containers where nothing else of the cache can be seen, and nothing of it stays."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.provision.cache import Cache

pytestmark = pytest.mark.engine

CGROUP = "dinp-provision-test"

# $1: the engine's bin, $2: the cache that is to be hidden, $3: a folder for the engine's state
ALONE = """
set -e
mkdir "$3/keep" && mount --bind "$1" "$3/keep"
mount -t tmpfs none "$2" && mkdir -p "$1" && mount --bind "$3/keep" "$1"
ip link set lo up
export LISTEN_FDS=1 LISTEN_PID=$$ PATH="$1:/usr/sbin:/usr/bin:/sbin:/bin"
exec >"$3/log" 2>&1
exec dockerd -H fd:// --data-root "$3/data" --exec-root "$3/exec" --pidfile "$3/pid" --cgroup-parent "/$4"
"""
AS_DESCRIPTOR_3 = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execvp(sys.argv[2], sys.argv[2:])"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


@contextmanager
def engine_alone(folder: Path, state: Path) -> Iterator[Path]:
    """Run dockerd in namespaces of its own, with the folder and without the cache; yields its socket."""
    path = state / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        number = listener.fileno()
        alone = ["sh", "-c", ALONE, "sh", str(folder), str(Cache.of(os.environ).root), str(state), CGROUP]
        namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *alone]
        command = [sys.executable, "-c", AS_DESCRIPTOR_3, str(number), *namespaces]
        with subprocess.Popen(command, pass_fds=[number], start_new_session=True) as engine:
            yield path
            # The first process of the pid namespace goes with it, and all others with that one.
            engine.kill()
    for group in Path("/sys/fs/cgroup").glob(f"**/{CGROUP}"):
        for inner in [*sorted(group.glob("**/"), reverse=True)]:
            inner.rmdir()


@pytest.fixture
def state() -> Iterator[Path]:
    """A short path: the name of a unix socket has room for 107 bytes."""
    folder = Path("/tmp") / f"dinp-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def engines() -> dict[str, Path]:
    """The packaged engine and the current one."""
    folders = os.environ.get("DINP_ENGINES")
    assert folders, 'run these by `make test-engines`, or first: eval "$(python3 -m tools.provision --print-env test)"'
    return dict(zip(("packaged", "current"), map(Path, folders.split(os.pathsep)), strict=True))


@pytest.mark.parametrize("name", ["packaged", "current"])
def test_an_engine_runs_a_container_with_nothing_but_its_folder(
    name: str, engines: dict[str, Path], state: Path
) -> None:
    folder = engines[name]
    with engine_alone(folder, state) as path:
        connection = UnixConnection(path)
        connection.request("GET", "/version")
        version = json.load(connection.getresponse())
        connection.close()
        docker = ["docker", "-H", f"unix://{path}"]
        image = Path(os.environ["DINP_IMAGES"]) / "busybox-amd64.tar"
        subprocess.run([*docker, "import", str(image), "busybox"], check=True, capture_output=True, timeout=120)
        said = subprocess.run(
            [*docker, "run", "--rm", "--init", "busybox", "/bin/ps", "-o", "pid,args"],
            check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip
    assert folder.parent.name.startswith(f"docker-{version['Version'].split('.')[0]}")
    assert "docker-init" in said
    assert not [line for line in Path("/proc/mounts").read_text().splitlines() if str(state) in line]


def test_the_current_engine_names_its_parts(engines: dict[str, Path]) -> None:
    current = engines["current"]
    said = subprocess.run([current / "dockerd", "--version"], check=True, capture_output=True, text=True).stdout
    assert said.startswith("Docker version 29.")
    for name, version in (("containerd", "v2.3.4"), ("runc", "1.5.2")):
        run = subprocess.run([current / name, "--version"], check=True, capture_output=True, text=True)
        assert version in run.stdout
