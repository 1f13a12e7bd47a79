"""Logins, authorities and proxies are said once, and reach the engine and the builder in it: in a pod, for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.cluster.conftest import new_namespace
from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, Pod, container, pod, ready
from tests.cluster.private_registry import AUTHORITIES, BEHIND_PROXY, LOGINS, PrivateRegistry, start

BUILDS = ["DOCKER_BUILDKIT=0 docker build", "DOCKER_BUILDKIT=1 docker build", "docker buildx build --load"]


def built_from(base: str, build: str) -> str:
    """A script that builds on an image, and asks what it built."""
    dockerfile = f"FROM {base}\\nRUN echo made > /word\\n"
    return f"printf '{dockerfile}' | {build} --no-cache -q -t app -; docker run --rm app cat /word"


@dataclass(frozen=True)
class Team:
    """A namespace with a private registry, and pods that were told of it or not."""

    cluster: Cluster
    namespace: str
    registry: PrivateRegistry
    inject: Injector
    client_image: str

    def client(self, name: str, *settings: str) -> Pod:
        """A pod with a client that is kept alive."""
        main = container(self.client_image, "sleep", "infinity", workingDir="/tmp")
        running = self.cluster.run(self.namespace, self.inject(pod(name, main), *settings))
        running.wait(ready, 120)
        return running


@pytest.fixture(scope="module", params=["20.10", "29"])
def team(
    request: pytest.FixtureRequest, cluster: Cluster, client_image: str, agent_image_with: Callable[[str], str]
) -> Iterator[Team]:
    agent = agent_image_with(request.param)
    with new_namespace(cluster, f"registries-{request.param}") as namespace:
        registry = start(cluster, namespace, client_image)
        yield Team(cluster, namespace, registry, Injector(cluster, agent), client_image)


@pytest.fixture(scope="module")
def told(team: Team) -> Pod:
    return team.client("told", f"credentials={LOGINS}", f"authorities.config_map={AUTHORITIES}")


@pytest.fixture(scope="module")
def pushed(team: Team, told: Pod) -> str:
    """An image in the private registry, pushed there from a pod."""
    name = f"{team.registry.host}/team/base:1"
    script = f"docker pull -q busybox; docker tag busybox {name}; docker push -q {name}; docker rmi -f {name}"
    done = told.exec("sh", "-euc", script, container="main", seconds=120)
    assert done.code == 0, done.out + done.err + told.evidence()
    return name


@pytest.mark.parametrize("build", BUILDS, ids=["classic", "buildkit", "buildx"])
def test_a_build_from_a_private_base_by_a_secret_and_a_config_map(told: Pod, pushed: str, build: str) -> None:
    done = told.exec("sh", "-euc", built_from(pushed, build), container="main", seconds=120)
    assert done.out.endswith("made\n"), done.out + done.err + told.evidence()


def test_without_the_authority_the_cause_is_said(team: Team, pushed: str) -> None:
    done = team.client("no-authority", f"credentials={LOGINS}").exec("docker", "pull", pushed, container="main")
    assert "certificate signed by unknown authority" in done.err


def test_without_the_login_the_cause_is_said(team: Team, pushed: str) -> None:
    pulled = team.client("no-login", f"authorities.config_map={AUTHORITIES}").exec(
        "docker", "pull", pushed, container="main"
    )
    assert "no basic auth credentials" in pulled.err or "unauthorized" in pulled.err, pulled.err


@pytest.mark.parametrize("build", BUILDS, ids=["classic", "buildkit", "buildx"])
def test_a_registry_that_only_a_proxy_leads_to(team: Team, through_proxy: Pod, pushed: str, build: str) -> None:
    name = pushed.replace(team.registry.host, BEHIND_PROXY)
    done = through_proxy.exec("sh", "-euc", built_from(name, build), container="main", seconds=120)
    assert done.out.endswith("made\n"), done.out + done.err + through_proxy.evidence()


@pytest.fixture(scope="module")
def through_proxy(team: Team) -> Pod:
    return team.client(
        "through-proxy", f"credentials={LOGINS}", f"authorities.config_map={AUTHORITIES}",
        f"engine.proxy.https={team.registry.proxy}",
    )  # fmt: skip
