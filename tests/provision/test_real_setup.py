"""Setup for real, where it is cheap: on a machine that is ready, and with a small program to compile."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.provision.cache import Cache
from tools.provision.command import CommandFailedError
from tools.provision.go_programs import GoProgram, cached_path, go_program

pytestmark = pytest.mark.engine

CHECKOUT = Path(__file__).parents[2]
SETUP = [sys.executable, "-m", "tools.provision"]
MAKE = """
import signal, sys
from pathlib import Path
from tools.provision.cache import Cache
from tools.provision.go_programs import GoProgram, go_program
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
root = Path(sys.argv[1])
hello = GoProgram("hello", "hello", "v1.0.0", package="hello", own_module=root / "source", ldflags=sys.argv[2])
go_program(hello, Cache(root / "cache"), say=lambda line: print(line, flush=True))
"""


def contents(root: Path) -> set[tuple[str, int]]:
    """Every file below, with the time of its last change; locks are touched by looking."""
    return {(str(path), path.stat().st_mtime_ns) for path in root.rglob("*") if "locks" not in path.parts}


def test_a_second_setup_does_nothing_and_takes_less_than_three_seconds() -> None:
    cache = Cache.of(os.environ).root
    before = contents(cache / "engines") | contents(cache / "tools") | contents(CHECKOUT / ".venv" / "bin")
    started = time.monotonic()
    done = subprocess.run([*SETUP, "--for", "test"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    assert time.monotonic() - started < 3
    assert len(done.stderr.splitlines()) == 2
    after = contents(cache / "engines") | contents(cache / "tools") | contents(CHECKOUT / ".venv" / "bin")
    assert before == after


def test_check_finds_nothing_missing() -> None:
    done = subprocess.run([*SETUP, "--for", "test", "--check"], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.stderr.endswith("everything is there\n")
    assert done.returncode == 0


def test_check_of_an_empty_cache_names_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [*SETUP, "--for", "test", "--check"], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert "Go program dockerd v2.0.0" in done.stderr
    assert "unpacked package docker.io" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "go.mod").write_text("module hello\n\ngo 1.25\n")
    (folder / "main.go").write_text(
        'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("hello\\n") }\n'
    )
    return folder


def hello(source: Path, name: str = "hello") -> GoProgram:
    return GoProgram(name, "hello", "v1.0.0", package="hello", own_module=source)


def test_a_program_is_compiled_once(source: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    said: list[str] = []
    binary = go_program(hello(source), cache, say=said.append)
    assert subprocess.run([binary], check=True, capture_output=True, text=True).stdout == "hello\n"
    assert go_program(hello(source), cache, say=said.append) == binary
    assert len(said) == 1


def test_a_program_that_does_not_compile_leaves_nothing(source: Path, tmp_path: Path) -> None:
    (source / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    cache = Cache(tmp_path / "cache")
    with pytest.raises(CommandFailedError, match="undefined: nonsense"):
        go_program(hello(source), cache, say=print)
    assert list((cache.root / "go" / "hello").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_no_half_folder(source: Path, tmp_path: Path, number: signal.Signals) -> None:
    # A compiler flag that nothing in the build cache was made with: everything is compiled, which takes a while.
    (source / "slow.go").write_text('package main\n\nimport _ "net/http"\n')
    command = [sys.executable, "-c", MAKE, str(tmp_path), f"-X main.unused={os.getpid()}"]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "GOCACHE": str(tmp_path / "go-cache")}
    environment["TMPDIR"] = str(tmp_path / "scratch")
    (tmp_path / "scratch").mkdir()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True) as build:
        assert build.stdout is not None
        assert "compiling hello" in build.stdout.readline()
        build.send_signal(number)
        assert "KeyboardInterrupt" in build.communicate()[1]
    assert list((tmp_path / "cache" / "go" / "hello").iterdir()) == []
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_killed_build_is_forgotten_by_the_next(source: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    folder = cached_path(hello(source), cache).parent.parent
    (folder / ".half-done-killed").mkdir(parents=True)
    go_program(hello(source), cache, say=print)
    assert [path.name[:6] for path in folder.iterdir()] == ["v1.0.0"]


@pytest.mark.parametrize(("plugin", "version"), [("buildx", "v0.33.0"), ("compose", "v5.1.0")])
def test_the_docker_command_finds_its_plugins(plugin: str, version: str) -> None:
    done = subprocess.run(["docker", plugin, "version"], capture_output=True, text=True)
    assert version in done.stdout, done.stderr
