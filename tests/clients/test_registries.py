"""Registries: the job of the seeds as it was written, and a registry with TLS and a password."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.clients.scene import scene
from tests.support.engines import import_busybox
from tests.support.running import PATIENCE
from tools.provision.registry import RunningRegistry, registry

SEED = Path(__file__).parents[1] / "seeds" / "sidecar-unix-socket.yaml"


def own_address() -> str:
    """An address of this machine that engines reach: they have a loopback of their own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only looks for the way
        return str(probe.getsockname()[0])


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[RunningRegistry]:
    """A registry that everybody may use."""
    with registry(Path(os.environ["DINP_TOOLS"]) / "docker-registry", tmp_path, host=own_address()) as running:
        yield running


def test_the_clean_ci_job_of_the_seed(engine_version: str, stored: RunningRegistry, tmp_path: Path) -> None:
    """Its `args` verbatim: wait for docker, pull library/busybox, save, remove; then it sleeps for ever."""
    pod = yaml.safe_load(SEED.read_text(encoding="utf-8"))
    (job,) = [container for container in pod["spec"]["containers"] if container["name"] == "clean-ci"]
    registries = {"mirrors": [f"http://{stored.address}"], "insecure": [stored.address]}
    folder = tmp_path / "job"
    folder.mkdir()
    with scene(engine_version, folder, engine={"registries": registries}, images=False) as tenant:
        name = f"{stored.address}/library/busybox:latest"
        tenant.shell(f"{import_busybox(name)}; docker push -q {name} >/dev/null; docker rmi {name} >/dev/null")
        process = subprocess.Popen(
            [*job["command"], *job["args"]], cwd=folder, env=tenant.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("Deleted:") or "rror" in line:
                    break
            assert any("Downloaded newer image for busybox:latest" in line for line in said), said
            assert any("Untagged: busybox:latest" in line for line in said), said
        finally:
            os.killpg(process.pid, 9)
            process.wait(PATIENCE)
            if process.stdout is not None:
                process.stdout.close()
        saved = tenant.runs("tar", "-tf", "busybox-latest.tar").out.split()
        assert "manifest.json" in saved
        assert tenant.runs("docker", "image", "ls", "-q").out == ""


def test_login_push_and_pull_with_tls_and_a_password(engine_version: str, tmp_path: Path) -> None:
    program = Path(os.environ["DINP_TOOLS"]) / "docker-registry"
    folder = tmp_path / "job"
    folder.mkdir()
    address = own_address()
    with ExitStack() as stack:
        running = stack.enter_context(registry(program, tmp_path, tls=True, users={"me": "secret"}, host=address))
        registries = {"insecure": [running.address]}  # its certificate is its own
        tenant = stack.enter_context(scene(engine_version, folder, engine={"registries": registries}))
        (folder / "config.json").write_text("{}", encoding="utf-8")
        lines = f"""
        export DOCKER_CONFIG=$PWD
        docker tag busybox {running.address}/mine/busybox
        ! docker push -q {running.address}/mine/busybox 2> refused
        echo secret | docker login -u me --password-stdin {running.address} 2>/dev/null
        docker push -q {running.address}/mine/busybox
        docker rmi {running.address}/mine/busybox >/dev/null
        docker run --rm {running.address}/mine/busybox echo pulled 2>/dev/null
        """
        assert tenant.shell(lines).out.endswith("pulled\n")
        assert "no basic auth credentials" in (folder / "refused").read_text(encoding="utf-8")


def test_a_registry_on_the_machines_loopback_is_not_the_engines(engine_version: str, tmp_path: Path) -> None:
    """localhost is the engine's own: the sentence says that nobody listens there, nothing hangs."""
    with scene(engine_version, tmp_path, images=False) as tenant:
        done = tenant.agent.docker("team-a", "pull", "127.0.0.1:5999/busybox")
        assert done.code == 1
        assert "connection refused" in done.err
