"""`dinp run`: a private engine for one command."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.engines import environment, image, import_busybox
from tests.support.running import DINP, PATIENCE, dinp_run, forget_kept, script

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")


def test_a_command_gets_the_engine_that_was_asked_for(engine_version: str, tmp_path: Path) -> None:
    done = dinp_run(engine_version, "docker", "version", "--format", "{{.Server.Version}}", folder=tmp_path)
    assert done.code == 0, done.all
    assert done.out.startswith(engine_version + ".")


@pytest.mark.parametrize(
    ("words", "code"), [("exit 7", 7), ("kill -KILL $$", 128 + signal.SIGKILL), ("docker run --rm busybox exit", 125)]
)
def test_the_exit_code_is_the_commands(engine_version: str, tmp_path: Path, words: str, code: int) -> None:
    assert script(engine_version, words, folder=tmp_path).code == code


def test_the_exit_code_of_a_container_comes_through(engine_version: str, tmp_path: Path) -> None:
    done = script(engine_version, f"{import_busybox()}; docker run --rm busybox sh -c 'exit 42'", folder=tmp_path)
    assert done.code == 42, done.all


def test_a_command_that_does_not_exist_is_named(engine_version: str, tmp_path: Path) -> None:
    done = dinp_run(engine_version, "dockre", "ps", folder=tmp_path)
    assert done.code == 2
    assert "The command 'dockre' cannot be started: No such file or directory." in done.err


def test_output_and_input_are_the_commands_alone(engine_version: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [DINP, "run", "--", "cat"], cwd=tmp_path, env=environment(engine_version), input=b"a\0b\n", capture_output=True
    )
    assert done.stdout == b"a\0b\n"
    assert done.stderr == b""  # no client came: no engine was started, and nothing is told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_goes_to_the_command(engine_version: str, tmp_path: Path, number: signal.Signals) -> None:
    words = f"trap 'echo caught; exit 9' {int(number)}; docker version >/dev/null; echo up; while :; do read _; done"
    argv = [DINP, "run", "--quiet", "--", "sh", "-c", words]
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment(engine_version), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        process.stdin.write("\n" * 10)
        process.stdin.flush()
        assert process.stdout.readline() == "caught\n"
        process.stdin.close()
    assert process.returncode == 9


def test_builds_and_runs(engine_version: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo built-here > /word\nCMD cat /word\n", encoding="utf-8")
    lines = [import_busybox(), "docker build -q -t app . >/dev/null", "docker run --rm app"]
    done = script(engine_version, "\n".join(lines), folder=tmp_path)
    assert done.out == "built-here\n", done.all


def test_a_kept_engine_keeps_its_images(engine_version: str, tmp_path: Path) -> None:
    name = f"test-{os.getpid():x}"
    options = ("--keep", name)
    try:
        first = script(engine_version, import_busybox(), folder=tmp_path, options=options)
        assert first.code == 0, first.all
        second = script(engine_version, "docker run --rm busybox echo still here", folder=tmp_path, options=options)
        assert second.out == "still here\n", second.all
    finally:
        forget_kept(name)


def test_what_was_kept_is_forgotten_on_demand(engine_version: str, tmp_path: Path) -> None:
    name = f"test-{os.getpid():x}"
    assert script(engine_version, import_busybox(), folder=tmp_path, options=("--keep", name)).code == 0
    forget = [DINP, "run", "--forget"]
    done = subprocess.run([*forget, name], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert not [file for home in ("/var/lib/dinp/kept", "/run/dinp/kept") for file in Path(home).glob(f"*{name}*")]
    again = subprocess.run([*forget, name], capture_output=True, text=True, timeout=PATIENCE)
    assert (again.returncode, f"Nothing is kept for '{name}'" in again.stderr) == (2, True)
    mixed = dinp_run(engine_version, "true", folder=tmp_path, options=("--forget", name))
    assert mixed.code == 2, mixed.all


def test_who_comes_second_waits_and_is_told_for_whom(engine_version: str, tmp_path: Path) -> None:
    name = f"test-{os.getpid():x}"
    argv = [DINP, "run", "--keep", name, "--"]
    env = environment(engine_version)
    first = subprocess.Popen(
        [*argv, "sh", "-c", "docker version >/dev/null && echo up && read _"], cwd=tmp_path, env=env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "up\n"
        second = subprocess.Popen(
            [*argv, "docker", "ps", "-q"], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        said = second.stderr.readline()
        assert re.search(rf"waiting for .*\(process {first.pid}\), which uses the engine '{name}'", said), said
        first.stdin.write("\n")
        first.stdin.close()
        assert first.wait() == 0
        second.stderr.read()
        assert second.wait() == 0
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        forget_kept(name)


def test_what_a_killed_run_leaves_the_next_one_removes(engine_version: str, tmp_path: Path) -> None:
    lines = [
        import_busybox(),
        "docker run -d --rm -p 127.0.0.1::80 busybox sleep 1000 >/dev/null",
        "echo up",
        "exec sleep 1000",
    ]
    argv = [DINP, "run", "--quiet", "--", "sh", "-euc", "\n".join(lines)]
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment(engine_version), stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
        run.kill()
    done = dinp_run(engine_version, "true", folder=tmp_path)
    assert done.code == 0, done.all


def test_a_bind_mount_shows_owners_as_they_are(engine_version: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "mine").write_text("1\n", encoding="ascii")
    os.chown(folder / "mine", 1000, 1001)
    lines = [
        import_busybox(),
        "docker run --rm -v $PWD:/w busybox stat -c '%u:%g' /w /w/mine",
        "docker run --rm -v $PWD:/w busybox touch /w/roots",
        "docker run --rm -u 1000:1000 -v $PWD:/w busybox sh -c 'echo 2 >> /w/mine && cat /w/mine'",
    ]
    done = script(engine_version, "\n".join(lines), folder=folder)
    assert done.out.split() == ["0:0", "1000:1001", "1", "2"], done.all
    assert (folder / "roots").stat().st_uid == os.geteuid()
    assert (folder / "mine").stat().st_uid == 1000


@pytest.mark.parametrize("path", ["/var/tmp/nobodys", "/nowhere/x", "/srv/x", "/home/someone"])
def test_a_bind_mount_of_an_unseen_path_is_an_error(engine_version: str, tmp_path: Path, path: str) -> None:
    lines = [import_busybox(), f"docker run --rm -v {path}:/w busybox ls /w"]
    done = script(engine_version, "\n".join(lines), folder=tmp_path)
    assert done.code in {125, 126}
    assert re.search(rf"mkdir /{path.split('/')[1]}(/tmp)?: (permission denied|read-only file system)", done.err), (
        done.all
    )


def test_a_container_that_binds_the_docker_socket_finds_its_own_engine(engine_version: str, tmp_path: Path) -> None:
    client = subprocess.run(
        ["sh", "-c", "command -v docker"], env=environment(engine_version), capture_output=True, text=True
    )
    lines = [
        f"docker import {image('debian')} debian >/dev/null",
        f"cp {client.stdout.strip()} docker-client",
        "docker create --name beside debian true >/dev/null",
        "docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v $PWD/docker-client:/bin/docker debian \\",
        "  docker ps -a --format '{{.Names}}' --filter name=beside",
    ]
    done = script(engine_version, "\n".join(lines), folder=tmp_path)
    assert done.out == "beside\n", done.all
