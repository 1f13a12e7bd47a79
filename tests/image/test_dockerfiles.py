"""The Dockerfiles, built by an engine of ours; the images that they begin with are stood in for by ones made here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.running import script
from tools.image.root_tree import SUITE
from tools.provision.cache import Cache
from tools.provision.images import debian_image

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "ca-certificates", "iproute2", "iptables", "libcap2-bin", "nftables", "python3", "python3-pip", "slirp4netns",
    "uidmap",
)  # fmt: skip
"""What deploy/install-packages would install: no package manager is asked from inside a build."""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of the checkout that a build is sent, the stand-ins' programs, and dinp's packages as files."""
    folder = tmp_path_factory.mktemp("context")
    for name in ("deploy", "src"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    wheels = folder / "requirements/wheels"
    wheels.mkdir(parents=True)
    lock = shutil.copy(ROOT / "requirements/run.lock", folder / "requirements")
    download = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--only-binary", ":all:"]
    subprocess.run([*download, "-d", str(wheels), "-r", str(lock)], check=True)
    for name, source in (("engine", "DINP_ENGINE_29"), ("rootless", "DINP_TOOLS")):
        (folder / name).mkdir()
        for file in Path(os.environ[source]).iterdir():
            if name == "engine" or file.name == "rootlesskit":
                shutil.copy(file, folder / name)
    return folder


@pytest.fixture(scope="module")
def debian() -> Path:
    return debian_image(Cache.of(os.environ), suite=SUITE, include=PACKAGES, say=print)


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.dind"])
def test_it_builds_and_what_is_in_it_runs(context: Path, debian: Path, dockerfile: str) -> None:
    tag = "29.7.2"
    lines = f"""
    docker import {debian} debian:12-slim >/dev/null
    printf 'FROM debian:12-slim\\nCOPY engine rootless /usr/local/bin/\\n' > Dockerfile
    docker build -q -t docker:{tag}-dind . >/dev/null
    docker tag docker:{tag}-dind docker:{tag}-dind-rootless
    docker build -q -f deploy/{dockerfile} -t dinp-agent --build-arg PIP_NO_INDEX=1 \\
        --build-arg PIP_FIND_LINKS=/usr/local/lib/dinp/requirements/wheels . >/dev/null
    docker run --rm dinp-agent --version
    docker run --rm --user 1000 --entrypoint sh dinp-agent -ec 'id -un; getcap $(command -v newuidmap); cat /etc/subuid'
    docker run --rm --entrypoint sh dinp-agent -ec 'dockerd --version; rootlesskit --version; dinp explain no-tun'
    """
    done = script("29", lines, folder=context)
    assert done.code == 0, done.all
    version, user, capability, *rest = done.out.splitlines()
    assert version.startswith("dinp ")
    assert user == "dinp"
    assert capability.endswith("cap_setuid=ep")
    assert rest[:2] == ["dinp:1:999", "dinp:1001:64535"]
    assert any(line.startswith("rootlesskit version") for line in rest), done.all
