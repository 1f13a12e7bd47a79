"""Libraries: docker-py and Testcontainers."""

import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.clients.scene import Scene, scene
from tests.support.engines import import_busybox
from tests.support.running import script


@pytest.fixture(scope="module")
def tenant(engine_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(engine_version, tmp_path_factory.mktemp("w")) as found:
        yield found


@pytest.fixture
def client(tenant: Scene) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(base_url=tenant.environment["DOCKER_HOST"], timeout=60)
    yield made
    made.close()


def test_docker_py_builds_and_runs(client: docker.DockerClient) -> None:
    image, log = client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN echo made > /word\n"), tag="py:1", rm=True)
    assert any("Successfully built" in line.get("stream", "") for line in log)
    assert client.containers.run(image, ["cat", "/word"], remove=True) == b"made\n"


def test_docker_py_exec_logs_attach_and_events(client: docker.DockerClient) -> None:
    events = client.events(decode=True, filters={"type": "container", "event": ["start", "die"]})
    container = client.containers.run(
        "busybox", ["sh", "-c", "echo one; read word; echo $word"], detach=True, stdin_open=True
    )
    try:
        assert next(iter(events))["Action"] == "start"
        assert container.exec_run(["sh", "-c", "echo inside; exit 4"]) == (4, b"inside\n")
        stream = container.attach_socket(params={"stdin": 1, "stream": 1})
        with stream._sock as connection:  # which docker-py's close() leaves open
            connection.sendall(b"two\n")
        stream.close()
        assert container.wait()["StatusCode"] == 0
        assert container.logs() == b"one\ntwo\n"
        assert next(iter(events))["Action"] == "die"
    finally:
        events.close()
        container.remove(force=True)


def test_docker_py_copies_in_and_out(client: docker.DockerClient) -> None:
    container = client.containers.create("busybox", ["true"])
    try:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("word")
            entry.size = 5
            tar.addfile(entry, io.BytesIO(b"word\n"))
        assert container.put_archive("/tmp", archive.getvalue())
        parts, _ = container.get_archive("/tmp/word")
        with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
            member = tar.extractfile("word")
            assert member is not None
            assert member.read() == b"word\n"
    finally:
        container.remove()


def test_testcontainers(engine_version: str, tmp_path: Path) -> None:
    """With the environment that `dinp run` gives, in a process of its own: Testcontainers reads it when imported."""
    lines = f"{import_busybox()}; {sys.executable} {Path(__file__).with_name('testcontainers_user.py')}"
    done = script(engine_version, lines, folder=tmp_path, more={"TESTCONTAINERS_RYUK_DISABLED": "true"})
    assert done.out == "hello\n", done.all
