"""`dinp preflight` on the machine that runs the tests, as root and as an ordinary user."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc")
ENGINE = "#!/bin/sh\necho Docker version 28.5.1, build 0\n"


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on tmpfs that every user can look into, which pytest's own is not."""
    directory = Path("/dev/shm") / f"dinp-preflight-{os.getpid()}"
    directory.mkdir(mode=0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def programs(place: Path) -> Path:
    """A directory with programs of the engine's names: preflight only looks for them and asks for a version."""
    directory = place / "programs"
    directory.mkdir()
    for name in PROGRAMS:
        (directory / name).write_text(ENGINE, encoding="utf-8")
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture
def state(place: Path) -> Iterator[Path]:
    directory = place / "state"
    directory.mkdir()
    yield directory
    directory.rmdir()  # fails when a trial left anything behind


def preflight(path: Path, *words: str, user: int = 0) -> "subprocess.CompletedProcess[str]":
    prefix = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
    environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "dinp", "preflight", *words], capture_output=True, text=True, env=environment
    )


def test_root_gets_an_engine_in_a_user_namespace(programs: Path, state: Path) -> None:
    seen = preflight(programs, "--state-dir", str(state), "-o", "json")
    assert seen.returncode == 0, seen.stdout
    answer = json.loads(seen.stdout)
    assert answer["possible"]
    assert answer["choices"]["isolation"] == "userns"
    assert answer["choices"]["programs"]["engine"] == f"{programs}/dockerd"
    assert answer["decisions"]["engine"]["chosen"] == "dockerd 28.5.1"
    assert set(answer["decisions"]["mtu"]) == {"seen", "chosen", "why", "would_change"}


def test_lines_for_people_and_pipes(programs: Path, state: Path) -> None:
    seen = preflight(programs, "--state-dir", str(state))
    assert seen.returncode == 0, seen.stderr
    assert "isolation: userns\n  seen: user root (uid 0)" in seen.stdout
    assert f"seen: {state} is tmpfs with " in seen.stdout


def test_a_table_on_a_terminal(programs: Path, state: Path) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "COLUMNS": "110", "TERM": "xterm"}
    command = [sys.executable, "-m", "dinp", "preflight", "--state-dir", str(state)]
    process = subprocess.Popen(command, stdout=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert process.wait() == 0
    rows = [line for line in re.sub(rb"\x1b\[[0-9;]*m", b"", shown).decode().splitlines() if line.strip()]
    assert rows[0].split() == ["decision", "chosen", "why"]
    assert any(row.split()[:2] == ["isolation", "userns"] for row in rows)


def _read(terminal: int) -> bytes:
    """What a terminal shows next; nothing when its last writer is gone (Linux answers EIO)."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_what_is_asked_for_is_chosen(programs: Path, state: Path) -> None:
    words = ("--state-dir", str(state), "--isolation", "rootful", "--storage-driver", "vfs", "-o", "json")
    choices = json.loads(preflight(programs, *words).stdout)["choices"]
    assert (choices["isolation"], choices["storage_driver"]) == ("rootful", "vfs")


def test_an_ordinary_user_is_told_everything_that_is_missing(programs: Path, state: Path) -> None:
    state.chmod(0o777)
    seen = preflight(programs, "--state-dir", str(state), user=64123)
    assert seen.returncode == 3
    assert "64123 (uid 64123) has 0 ids in /etc/subuid" in seen.stderr
    assert "(dinp explain sub-ids-missing)" in seen.stderr
    assert seen.stdout == ""


def test_a_refusal_as_json(programs: Path, state: Path) -> None:
    seen = preflight(programs, "--state-dir", str(state), "--isolation", "rootless", "-o", "json")
    assert seen.returncode == 3
    answer = json.loads(seen.stdout)
    assert not answer["possible"]
    assert answer["problems"][0]["code"] == "rootless-as-root"


def test_a_configuration_decides(programs: Path, state: Path, tmp_path: Path) -> None:
    config = tmp_path / "agent.yaml"
    config.write_text(
        f"state_dir: {state}\ntenants: [{{name: a, socket: /run/a.sock, workspaces: [{{path: {tmp_path}}}]}}]\n"
        "engine: {isolation: rootful, address_pools: [10.77.0.0/16]}\n",
        encoding="utf-8",
    )
    choices = json.loads(preflight(programs, "--config", str(config), "-o", "json").stdout)["choices"]
    assert choices["isolation"] == "rootful"
    assert choices["address_pools"] == [["10.77.0.0/16", 24]]


def test_a_bad_configuration_is_bad_input(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("state_dir: here\n", encoding="utf-8")
    seen = preflight(programs, "--config", f"{tmp_path}/agent.yaml")
    assert seen.returncode == 2
    assert f"{tmp_path}/agent.yaml:1:12: state_dir" in seen.stderr


ROOTLESS = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /dev/net
mknod -m 0666 /dev/net/tun c 10 200
printf '64123:100000:65536\\n' > "$1/subids"
mount --bind "$1/subids" /etc/subuid
mount --bind "$1/subids" /etc/subgid
shift
exec setpriv --reuid=64123 --regid=64123 --clear-groups "$@"
"""


def test_an_ordinary_user_with_everything_gets_a_rootless_engine(programs: Path, state: Path, place: Path) -> None:
    """In a mount namespace in which the user has sub-ids and a tap device; the machine's own files stay as they are."""
    state.chmod(0o777)
    command = [sys.executable, "-m", "dinp", "preflight", "--state-dir", str(state), "-o", "json"]
    for name in ("rootlesskit", "newuidmap", "newgidmap", "slirp4netns"):
        (programs / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    seen = subprocess.run(
        ["unshare", "--mount", "sh", "-c", ROOTLESS, "sh", place, *command],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
    )
    assert seen.returncode == 0, seen.stdout + seen.stderr
    choices = json.loads(seen.stdout)["choices"]
    assert (choices["isolation"], choices["storage_driver"], choices["mtu"]) == ("rootless", "overlay2", 65520)


def test_a_directory_of_the_system_is_no_workspace(programs: Path) -> None:
    done = preflight(programs, "--workspace", "/var/lib")
    assert done.returncode == 2
    assert "The workspace /var/lib contains /var/lib/d" in done.stderr
