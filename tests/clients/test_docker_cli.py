"""The docker command and its plugins, as people use them."""

import socket
import urllib.request
from collections.abc import Iterator

import pytest
import yaml

from tests.clients.scene import Scene, scene

DOCKERFILE = """\
FROM busybox AS base
RUN echo made-in-a-build > /word
FROM busybox
ARG NAME
COPY --from=base /word /word
COPY context.txt /
ENV NAME=$NAME
CMD cat /word /context.txt; echo $NAME
"""
SERVE = "httpd -f -p 80 -h /www"


@pytest.fixture(scope="module")
def tenant(engine_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(engine_version, tmp_path_factory.mktemp("w")) as found:
        (found.folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        (found.folder / "context.txt").write_text("from the context\n", encoding="utf-8")
        yield found


def get(port: int, host: str = "127.0.0.1") -> str:
    """What the machine's clients get from a published port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{host}:{port}/", timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(
    "build",
    ["DOCKER_BUILDKIT=0 docker build", "DOCKER_BUILDKIT=1 docker build", "docker buildx build --load"],
    ids=["classic", "buildkit", "buildx"],
)
def test_builds(tenant: Scene, build: str) -> None:
    done = tenant.shell(f"{build} -q --build-arg NAME=value -t built . >/dev/null; docker run --rm built")
    assert done.out == "made-in-a-build\nfrom the context\nvalue\n"


def test_a_second_build_is_cached(tenant: Scene) -> None:
    lines = "export DOCKER_BUILDKIT=0; docker build -q -t one . > 1; docker build -q -t two . > 2; cat 1 2"
    first, second = tenant.shell(lines).out.split()
    assert first == second


@pytest.mark.parametrize("published", ["127.0.0.1::80", "80"])
def test_published_ports_answer_on_the_machine(tenant: Scene, published: str) -> None:
    words = f"mkdir /www; echo hello > /www/index.html; exec {SERVE}"
    tenant.runs("docker", "run", "-d", "--name", "web", "-p", published, "busybox", "sh", "-c", words)
    try:
        tenant.shell("until docker exec web nc -w 1 127.0.0.1 80 </dev/null; do :; done")
        ports = [line.rpartition(":")[2] for line in tenant.runs("docker", "port", "web").out.splitlines()]
        assert ports
        assert {get(int(port)) for port in ports} == {"hello\n"}
    finally:
        tenant.runs("docker", "rm", "-f", "web")


def test_a_port_that_is_taken_is_said_to_be(tenant: Scene) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = tenant.agent.docker("team-a", "run", "--rm", "-p", f"127.0.0.1:{port}:80", "busybox", "true")
    assert done.code == 125
    assert f"Bind for 127.0.0.1:{port} failed: port is already allocated" in done.err, done.all


def test_compose_up_exec_down(tenant: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    if tenant.agent.version == "20.10":
        # Compose 5 begins with the newest API that it knows, and does not come down by itself.
        monkeypatch.setenv("DOCKER_API_VERSION", "1.41")
    page = f"mkdir -p /www; echo composed > /www/index.html; exec {SERVE}"
    services = {
        "web": {"image": "busybox", "command": ["sh", "-c", page], "ports": ["127.0.0.1::80"], "init": True},
        "client": {"image": "busybox", "command": ["sleep", "1000"], "depends_on": ["web"], "init": True},
    }
    file = tenant.folder / "compose.yaml"
    file.write_text(yaml.safe_dump({"name": "shop", "services": services}), encoding="utf-8")
    tenant.runs("docker", "compose", "up", "-d")
    try:
        words = "until nc -w 1 web 80 </dev/null; do :; done; echo met"
        met = tenant.runs("docker", "compose", "exec", "-T", "client", "sh", "-c", words)
        assert met.out == "met\n"
        address = tenant.runs("docker", "compose", "port", "web", "80").out.strip()
        assert get(int(address.rpartition(":")[2])) == "composed\n"
    finally:
        tenant.runs("docker", "compose", "down", "-t", "1")
    assert tenant.runs("docker", "ps", "-aq", "--filter", "label=com.docker.compose.project=shop").out == ""


def test_exec_attach_cp_logs(tenant: Scene) -> None:
    lines = """
    docker run -d --name talks busybox sh -c 'mkfifo /pipe; echo first; read word < /pipe; echo $word' >/dev/null
    docker exec talks sh -c 'until test -p /pipe; do :; done; echo second > /pipe'
    docker wait talks; docker logs talks
    echo data > file; docker cp file talks:/file; docker cp talks:/file back; cat back
    echo through stdin | docker run --rm -i busybox cat
    docker rm -f talks >/dev/null
    """
    assert tenant.shell(lines).out.split("\n")[:-1] == ["0", "first", "second", "data", "through stdin"]


def test_save_and_load(tenant: Scene) -> None:
    lines = "docker tag busybox kept:1; docker save kept:1 -o kept.tar; docker rmi kept:1 >/dev/null"
    assert "kept:1" in tenant.shell(f"{lines}; docker load -q -i kept.tar").out


def test_a_build_that_eats_memory_is_killed_and_the_engine_lives(
    engine_version: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with scene(engine_version, tmp_path_factory.mktemp("m"), engine={"limits": {"memory": "400MiB"}}) as small:
        (small.folder / "Dockerfile").write_text("FROM busybox\nRUN tail /dev/zero\n", encoding="utf-8")
        init = small.agent.engine_init("team-a")
        done = small.agent.client("team-a", "docker", "build", ".", folder=small.folder)
        assert done.code != 0
        assert "137" in done.out + done.err or "Killed" in done.out + done.err, done.all
        assert small.runs("docker", "run", "--rm", "busybox", "echo", "alive").out == "alive\n"
        assert small.agent.engine_init("team-a") == init
        assert small.agent.log.said("ended unexpectedly") == []
