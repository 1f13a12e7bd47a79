"""Ports that containers publish in a pod, for each kind of isolation: who reaches them, and where.

What docs/explanation/sidecar.md says of published ports is what runs here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dinp.knowledge.failures import recognise
from tests.clients.test_docker_cli import SERVE
from tests.cluster.client_image import USERS
from tests.cluster.conftest import new_namespace
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, Result, container, pod, ready

WEB = f"sh -c 'mkdir /www; echo hello > /www/index.html; exec {SERVE}'"
SERVES = "until docker exec web nc -w 1 127.0.0.1 80 </dev/null; do :; done"
ASK = "curl -sS --noproxy '*' --max-time 10"
OWN_PORT = 9000
"""On which the client's container itself serves."""
CLIENT = f"mkdir -p /site; echo mine > /site/index.html; cd /site; exec python3 -m http.server {OWN_PORT}"


@dataclass(frozen=True)
class Scene:
    """A pod with an engine, and another pod that has none."""

    isolation: str
    client: Pod
    stranger: Pod
    address: str

    def says(self, script: str) -> str:
        """What a script in the client says, which must succeed."""
        done = self.tries(script)
        assert done.code == 0, f"{done.out}{done.err}\n{self.client.evidence()}"
        return done.out

    def tries(self, script: str) -> Result:
        """What becomes of a script in the client."""
        return self.client.exec("sh", "-euc", script, container="main", seconds=120)

    def serves(self, published: str) -> None:
        """A web server in a container, published."""
        self.says(
            f"docker rm -fv web >/dev/null 2>&1; docker run -d --init --name web {published} busybox {WEB}; {SERVES}"
        )

    def stranger_gets(self, port: int) -> Result:
        """What the other pod gets from a port of this pod's address."""
        return self.stranger.exec("sh", "-c", f"{ASK} http://{self.address}:{port}/", container="main")


@pytest.fixture(scope="module", params=["userns", "rootful", "rootless"])
def scene(request: pytest.FixtureRequest, cluster: Cluster, agent_image: str, client_image: str) -> Iterator[Scene]:
    with new_namespace(cluster, f"ports-{request.param}") as namespace:
        body = pod("client", container(client_image, "sh", "-ec", CLIENT))
        client = cluster.run(namespace, Injector(cluster, agent_image)(body, f"engine.isolation={request.param}"))
        stranger = cluster.run(namespace, pod("stranger", container(client_image, "sleep", "infinity")))
        client.wait(ready, 180)
        stranger.wait(ready, 180)
        yield Scene(request.param, client, stranger, client.read()["status"]["podIP"])


def test_at_localhost(scene: Scene) -> None:
    scene.serves("-p 8080:80")
    assert scene.says(f"{ASK} http://$DINP_HOST:8080/ http://127.0.0.1:8080/") == "hello\nhello\n"


def test_at_the_pods_address_for_others(scene: Scene) -> None:
    scene.serves("-p 8080:80")
    found = scene.stranger_gets(8080)
    assert found.out == "hello\n", found


def test_at_loopback_alone_for_nobody_else(scene: Scene) -> None:
    scene.serves("-p 127.0.0.1:8081:80")
    assert scene.says(f"{ASK} http://127.0.0.1:8081/") == "hello\n"
    assert scene.stranger_gets(8081).code != 0


def test_any_port(scene: Scene) -> None:
    scene.serves("-p 80")
    assert scene.says(f"{ASK} http://localhost:$(docker port web 80/tcp | head -n 1 | sed 's/.*://')/") == "hello\n"


def test_a_port_below_1024(scene: Scene) -> None:
    scene.serves("-p 81:80")
    assert scene.says(f"{ASK} http://localhost:81/") == "hello\n"


def test_a_port_that_the_client_itself_has(scene: Scene) -> None:
    found = scene.tries(f"docker run --rm -p {OWN_PORT}:80 busybox true")
    assert found.code == 125
    assert f":{OWN_PORT}" in found.err
    assert "already in use" in found.err or "already allocated" in found.err, found.err


def test_testcontainers(scene: Scene) -> None:
    # Ryuk, the container that cleans up for it, is an image that cannot be pulled here.
    said = scene.says(f"TESTCONTAINERS_RYUK_DISABLED=true python3 /{USERS}/testcontainers_user.py")
    assert said == "hello\n"


def test_the_engines_own_network_is_not_the_pods(scene: Scene) -> None:
    """`--network host` is the engine's network: nothing of it is at the pod's loopback."""
    scene.says(
        f"docker rm -fv web >/dev/null 2>&1; docker run -d --init --name web --network host busybox {WEB}; {SERVES}"
    )
    assert scene.tries(f"{ASK} http://localhost:80/").code == 7


def test_a_containers_own_address_is_in_the_engines_network(scene: Scene) -> None:
    scene.serves("-p 8080:80")
    address = scene.says("docker inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' web").strip()
    assert scene.tries(f"curl -sS --noproxy '*' --max-time 2 http://{address}/").code in (7, 28)


def test_a_container_reaches_the_client_at_the_pods_address(scene: Scene) -> None:
    assert scene.says(f"docker run --rm busybox wget -q -O - http://{scene.address}:{OWN_PORT}/") == "mine\n"
    gate = f"docker run --rm --add-host gate:host-gateway busybox wget -T 2 -q -O - http://gate:{OWN_PORT}/"
    assert scene.tries(gate).code != 0


def test_a_rootless_engine_needs_ports_below_1024_to_be_everyones(
    cluster: Cluster, namespace: str, agent_image: str, client_image: str
) -> None:
    body = Injector(cluster, agent_image)(
        pod("client", container(client_image, "sleep", "infinity")), "engine.isolation=rootless"
    )
    reserved = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "1024"}
    body["spec"]["securityContext"] = {"sysctls": [reserved]}
    client = cluster.run(namespace, body)
    client.wait(ready, 120)
    found = client.exec("sh", "-c", "docker run --rm -p 81:80 busybox true", container="main")
    assert found.code != 0
    assert [each.failure.code for each in recognise(found.err)][:1] == ["port-reserved"], found.err
