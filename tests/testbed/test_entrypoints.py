"""The client image's entrypoint does what the one of docker:20.10 does: run with a docker that prints its arguments."""

import os
import subprocess
from pathlib import Path

import pytest

from testbed.images.build import FILES


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which dockerd and docker print how they were called, and the client's entrypoint is found."""
    for name in ("dockerd", "docker"):
        (tmp_path / name).write_text(
            f'#!/bin/sh\n[ "$1" = help ] && exec test "$2" = ps\necho {name} "$@" "host=$DOCKER_HOST"\n'
        )
        (tmp_path / name).chmod(0o755)
    entrypoint = tmp_path / "docker-entrypoint.sh"
    entrypoint.write_text((FILES / "docker-entrypoint.sh").read_text())
    entrypoint.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def run(script: str, path: str, *argv: str, **env: str) -> str:
    done = subprocess.run(
        ["sh", str(FILES / script), *argv], env={"PATH": path, "HOME": "/", **env}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_client_command_line_may_leave_out_docker(path: str) -> None:
    assert run("docker-entrypoint.sh", path, "ps", "-a") == "docker ps -a host=tcp://docker:2375"
    assert run("docker-entrypoint.sh", path, "--version") == "docker --version host=tcp://docker:2375"
    assert run("docker-entrypoint.sh", path, "echo", "plain") == "plain"


def test_a_host_that_is_named_is_kept(path: str) -> None:
    assert run("docker-entrypoint.sh", path, "ps", DOCKER_HOST="tcp://there:1") == "docker ps host=tcp://there:1"


def test_without_certificates_docker_verifies_only_when_told(path: str) -> None:
    assert run("docker-entrypoint.sh", path, "ps", DOCKER_TLS_VERIFY="1") == "docker ps host=tcp://docker:2376"
