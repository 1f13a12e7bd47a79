"""The client contract's environment for containers of a pod whose engine is on the pod's own loopback."""

from dinp.model.engine_spec import EngineKind
from dinp.model.pod import Variable
from dinp.model.service_spec import EndpointKind, EndpointSpec, ServiceSpec

SHARED = "/run/dinp"
"""The directory that agent and clients share, the same path for both."""

SOCKET = f"{SHARED}/docker.sock"
CREDENTIALS = "/run/dinp-credentials"
BUILDX_CONFIG = "/tmp/dinp-buildx"
CERTIFICATES = "/run/dinp-tls"
"""Where each side of a TLS endpoint finds its own pair, and the authority's certificate."""

BUILDX_CREATE = "docker buildx create --name dinp --driver remote $BUILDKIT_HOST"
"""How docker's buildx is led to a buildkitd: it takes the address as a word, not from its environment."""


CONTRACT = (
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "CONTAINER_HOST",
    "BUILDKIT_HOST",
    "TESTCONTAINERS_HOST_OVERRIDE",
    "TESTCONTAINERS_CONNECTION_MODE",
    "TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE",
    "DINP_HOST",
    "DOCKER_CONFIG",
    "BUILDX_CONFIG",
)
"""Every variable that the contract may set."""


def client_environment(spec: ServiceSpec) -> tuple[Variable, ...]:
    """The variables that lead a client to its engine, and to the ports that it publishes.

    buildkitd does not speak the Docker API: docker is not led to it, but tells that nobody is at its usual place.
    """
    if spec.engine.kind is EngineKind.BUILDKITD:
        return (*_own_host(spec), *_logins(spec))
    return (
        *_host(spec.endpoint),
        *_own_host(spec),
        # Published ports answer in the pod's network namespace; containers that bind "the Docker socket" get their
        # own engine's, which lies at the usual path in the engine's view.
        Variable("TESTCONTAINERS_HOST_OVERRIDE", "localhost"),
        # Or else the one for Python, in a container itself, asks the engine's bridge (testcontainers/core/config.py).
        Variable("TESTCONTAINERS_CONNECTION_MODE", "docker_host"),
        Variable("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE", "/var/run/docker.sock"),
        Variable("DINP_HOST", "localhost"),
        *_logins(spec),
    )


def _host(endpoint: EndpointSpec) -> tuple[Variable, ...]:
    if endpoint.kind is EndpointKind.UNIX:
        return (Variable("DOCKER_HOST", f"unix://{SOCKET}"),)
    host = Variable("DOCKER_HOST", f"tcp://localhost:{endpoint.port}")
    if endpoint.kind is EndpointKind.TCP:
        return (host,)
    return (host, Variable("DOCKER_TLS_VERIFY", "1"), Variable("DOCKER_CERT_PATH", CERTIFICATES))


def _own_host(spec: ServiceSpec) -> tuple[Variable, ...]:
    """What leads the kind's own command: `podman --remote` and `buildctl` do not read DOCKER_HOST."""
    names = {EngineKind.PODMAN: "CONTAINER_HOST", EngineKind.BUILDKITD: "BUILDKIT_HOST"}
    name = names.get(spec.engine.kind)
    return () if name is None else (Variable(name, _host(spec.endpoint)[0].value),)


def _logins(spec: ServiceSpec) -> tuple[Variable, ...]:
    """A Secret cannot be written to, and buildx writes beside the client's configuration unless told otherwise."""
    if not spec.credentials:
        return ()
    return (Variable("DOCKER_CONFIG", CREDENTIALS), Variable("BUILDX_CONFIG", BUILDX_CONFIG))
