"""Every client of Docker in a pod, with the engine of a sidecar beside it: the oldest engine and the newest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.clients.test_docker_cli import DOCKERFILE, SERVE
from tests.cluster.client_image import USERS
from tests.cluster.conftest import new_namespace
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, pod, ready

FILES = {
    "Dockerfile": DOCKERFILE,
    "context.txt": "from the context\n",
    "compose.yaml": json.dumps(
        {
            "name": "shop",
            "services": {
                "web": {
                    "image": "busybox",
                    "command": ["sh", "-c", f"mkdir -p /www; echo composed > /www/index.html; exec {SERVE}"],
                    "ports": ["8090:80"],
                    "init": True,
                },
                "client": {"image": "busybox", "command": ["sleep", "1000"], "depends_on": ["web"], "init": True},
            },
        }
    ),
}
PREPARE = "".join(f'printf %s "${name.partition(".")[0].upper()}" > {name}\n' for name in FILES)


@dataclass(frozen=True)
class Workshop:
    """A pod with every client in it."""

    pod: Pod
    engine: str

    def runs(self, script: str) -> str:
        """What a script says, which must succeed."""
        # Compose 5 begins with the newest API that it knows, and does not come down by itself.
        first = "export DOCKER_API_VERSION=1.41; " if self.engine == "20.10" and "compose" in script else ""
        done = self.pod.exec("sh", "-euc", first + script, container="main", seconds=120)
        assert done.code == 0, f"{done.out}{done.err}\n{self.pod.evidence()}"
        return done.out


@pytest.fixture(scope="module", params=["20.10", "29"])
def workshop(
    request: pytest.FixtureRequest, cluster: Cluster, client_image: str, agent_image_with: Callable[[str], str]
) -> Iterator[Workshop]:
    image = agent_image_with(request.param)
    client = container(
        client_image,
        *("sh", "-ec", f"{PREPARE}exec sleep infinity"),
        workingDir="/workspace",
        volumeMounts=[{"name": "work", "mountPath": "/workspace"}],
        env=[{"name": name.partition(".")[0].upper(), "value": text} for name, text in FILES.items()],
    )
    body = pod("clients", client, volumes=[{"name": "work", "emptyDir": {}}])
    with new_namespace(cluster, f"clients-{request.param}") as namespace:
        running = cluster.run(namespace, Injector(cluster, image)(body))
        running.wait(ready, 180)
        yield Workshop(running, request.param)


@pytest.mark.parametrize(
    "build",
    ["DOCKER_BUILDKIT=0 docker build", "DOCKER_BUILDKIT=1 docker build", "docker buildx build --load"],
    ids=["classic", "buildkit", "buildx"],
)
def test_builds(workshop: Workshop, build: str) -> None:
    said = workshop.runs(f"{build} -q --build-arg NAME=value -t built . >/dev/null; docker run --rm built")
    assert said == "made-in-a-build\nfrom the context\nvalue\n"


@pytest.mark.parametrize("host", ["DINP_HOST", "TESTCONTAINERS_HOST_OVERRIDE"])
def test_published_ports_answer_at_the_host_that_the_environment_names(workshop: Workshop, host: str) -> None:
    serve = f"mkdir /www; echo hello > /www/index.html; exec {SERVE}"
    said = workshop.runs(f"""
    docker run -d --init --name web -p 8080:80 busybox sh -c '{serve}' >/dev/null
    until docker exec web nc -w 1 127.0.0.1 80 </dev/null; do :; done
    curl -sS --max-time 20 "http://${host}:8080/"
    docker rm -f web >/dev/null
    """)
    assert said == "hello\n"


def test_compose(workshop: Workshop) -> None:
    said = workshop.runs("""
    docker compose up -d 2>/dev/null
    docker compose exec -T client sh -c 'until nc -w 1 web 80 </dev/null; do :; done; echo met'
    curl -sS --max-time 20 "http://$DINP_HOST:8090/"
    docker compose down -t 1 2>/dev/null
    docker ps -aq --filter label=com.docker.compose.project=shop
    """)
    assert said == "met\ncomposed\n"


def test_the_workspace_is_the_same_on_both_sides(workshop: Workshop) -> None:
    assert workshop.runs("docker run --rm -v $PWD:/src:ro busybox cat /src/context.txt") == "from the context\n"


def test_docker_py(workshop: Workshop) -> None:
    assert workshop.runs(f"python3 /{USERS}/docker_py_user.py") == "made\n"


def test_testcontainers(workshop: Workshop) -> None:
    # Ryuk, the container that cleans up for it, is an image that cannot be pulled here.
    said = workshop.runs(f"TESTCONTAINERS_RYUK_DISABLED=true python3 /{USERS}/testcontainers_user.py")
    assert said == "hello\n"
