"""`local`: the agent is a process on the machine, its clients are beside it."""

from dinp.model.engine_spec import EngineKind
from dinp.model.tenant import Tenant


def client_environment(tenant: Tenant, kind: EngineKind = EngineKind.DOCKERD) -> dict[str, str]:
    """The client contract's environment for whoever runs on the agent's machine.

    `DOCKER_HOST` leads docker, compose, buildx and the SDKs to the tenant's engine. The TESTCONTAINERS variables are
    those that every Testcontainers library reads: published ports answer on localhost, and containers that bind the
    Docker socket find their own engine's at the usual path. The one for Python keeps it from guessing, where the client
    is in a container itself, that the engine's bridge must be its own network (testcontainers/core/docker_client.py).

    podman's own command finds the engine by `CONTAINER_HOST` (podman(1)). buildkitd does not speak the Docker API: its
    clients find it by `BUILDKIT_HOST` (buildctl), or by the address that they are given (`docker buildx create`).
    """
    if kind is EngineKind.BUILDKITD:
        return {"BUILDKIT_HOST": str(tenant.socket)}
    more = {"CONTAINER_HOST": str(tenant.socket)} if kind is EngineKind.PODMAN else {}
    return more | {
        "DOCKER_HOST": str(tenant.socket),
        "TESTCONTAINERS_HOST_OVERRIDE": "localhost",
        "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
        "TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE": "/var/run/docker.sock",
        "DINP_HOST": "localhost",
    }


UNSET = (
    "DOCKER_CONTEXT",
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "BUILDKIT_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS",
)
"""Variables that would lead a client elsewhere."""
