"""`local`: the agent is a process on the machine, its clients are beside it."""

from dinp.model.tenant import Tenant


def client_environment(tenant: Tenant) -> dict[str, str]:
    """The client contract's environment for whoever runs on the agent's machine.

    `DOCKER_HOST` leads docker, compose, buildx and the SDKs to the tenant's engine. The TESTCONTAINERS variables are
    those that every Testcontainers library reads: published ports answer on localhost, and containers that bind the
    Docker socket find their own engine's at the usual path. The one for Python keeps it from guessing, where the client
    is in a container itself, that the engine's bridge must be its own network (testcontainers/core/docker_client.py).
    """
    return {
        "DOCKER_HOST": str(tenant.socket),
        "TESTCONTAINERS_HOST_OVERRIDE": "localhost",
        "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
        "TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE": "/var/run/docker.sock",
        "DINP_HOST": "localhost",
    }


UNSET = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS")
"""Variables that would lead a client elsewhere."""
