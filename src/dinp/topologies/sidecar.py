"""`sidecar`: the agent is a container of the client's own pod."""

from __future__ import annotations

import yaml

from dinp.model import annotations as names
from dinp.model.agent_config import AgentConfig
from dinp.model.config_data import agent_config_data
from dinp.model.endpoint import TcpEndpoint, TlsFiles, UnixEndpoint
from dinp.model.engine_spec import IsolationKind
from dinp.model.pod import Json, Mount, Object, Variable, Volume, cpu_quantity, quantity
from dinp.model.service_spec import Amounts, EndpointKind, Form, ServiceSpec
from dinp.model.tenant import Tenant, Workspace
from dinp.model.value import replace
from dinp.topologies import sidecar_storage
from dinp.topologies.client_contract import CERTIFICATES, CREDENTIALS, SHARED, SOCKET, client_environment
from dinp.topologies.sidecar_limits import engine_limits
from dinp.topologies.sidecar_privilege import pod_fields, security_context
from dinp.topologies.topology import PodParts

STATE = "/var/lib/dinp"
CONFIG_VARIABLE = "DINP_CONFIG"

AUTHORITIES = "/etc/dinp/authorities"

PLACES = (STATE, SHARED, CERTIFICATES, CREDENTIALS)
"""Where volumes of dinp's own are mounted, in the agent's container or in clients'."""

TENANT = "pod"
"""The one tenant of a sidecar's agent."""

WAIT_WITHIN = "60s"
"""How long the hook waits for the socket; the agent opens it within a tenth of a second, or ends with a sentence."""


def pod_parts(spec: ServiceSpec, workspaces: tuple[Mount, ...], socket_volume: str | None) -> PodParts:
    """See `Topology`."""
    shared = socket_volume or names.SOCKET_VOLUME
    agent = _agent(spec, workspaces, shared)
    native = spec.form is Form.NATIVE
    return PodParts(
        init_containers=(agent,) if native else (),
        containers=() if native else (agent,),
        volumes=_volumes(spec, own_socket_volume=socket_volume is None),
        environment=client_environment(spec),
        mounts=_client_mounts(spec, shared),
        pod=pod_fields(spec),
    )


def _client_mounts(spec: ServiceSpec, shared: str) -> tuple[Mount, ...]:
    # Clients only connect: a read-only mount keeps the socket from being removed, not from being used.
    doors = {
        EndpointKind.UNIX: (Mount(shared, SHARED, read_only=True),),
        EndpointKind.TCP: (),
        EndpointKind.TLS: (Mount(names.TLS_VOLUME, CERTIFICATES, "client", read_only=True),),
    }
    logins = (Mount(names.CREDENTIALS_VOLUME, CREDENTIALS, read_only=True),) if spec.credentials else ()
    return (*doors[spec.endpoint.kind], *logins)


def agent_config(spec: ServiceSpec, workspaces: tuple[Mount, ...]) -> AgentConfig:
    """What the agent in the sidecar is told: one tenant, everyone in the pod may connect, the pod's own volumes."""
    tcp = None
    if spec.endpoint.kind is not EndpointKind.UNIX:
        files = TlsFiles(*(f"{CERTIFICATES}/server/{name}.pem" for name in ("ca", "cert", "key")))
        tcp = TcpEndpoint("127.0.0.1", spec.endpoint.port, files if spec.endpoint.kind is EndpointKind.TLS else None)
    # A pod is one tenant: whichever user a container runs as, it may use the pod's engine.
    socket = UnixEndpoint(SOCKET, mode=0o666)
    seen = tuple(Workspace(mount.path, mount.read_only) for mount in workspaces)
    engine = replace(spec.engine, limits=engine_limits(spec))
    if spec.authorities_map or spec.authorities_secret:
        engine = replace(engine, registries=replace(engine.registries, authorities=(AUTHORITIES,)))
    # What else lies in the agent's image is nobody's in the pod: an engine in `userns` does not see it by itself.
    apart = spec.engine.isolation in {IsolationKind.ROOTLESS, IsolationKind.ROOTFUL}
    return AgentConfig(STATE, (Tenant(TENANT, socket, tcp, seen, apart),), engine)


def _agent(spec: ServiceSpec, workspaces: tuple[Mount, ...], shared: str) -> Object:
    config = yaml.safe_dump(agent_config_data(agent_config(spec, workspaces)), sort_keys=False, allow_unicode=True)
    mounts = [Mount(shared, SHARED), Mount(names.STATE_VOLUME, STATE)]
    if spec.endpoint.kind is EndpointKind.TLS:
        mounts.append(Mount(names.TLS_VOLUME, CERTIFICATES))
    if spec.engine.isolation is IsolationKind.ROOTLESS:
        mounts.append(Mount(names.TUN_VOLUME, "/dev/net/tun"))
    if spec.authorities_map or spec.authorities_secret:
        mounts.append(Mount(names.AUTHORITIES_VOLUME, AUTHORITIES, read_only=True))
    container = _image(names.CONTAINER, spec)
    container["command"] = ["dinp", "agent", "--config-env", CONFIG_VARIABLE]
    if spec.form is Form.NATIVE:
        container["restartPolicy"] = "Always"
    container["env"] = [Variable(CONFIG_VARIABLE, config).data()]
    # No container after this one starts before the hook has returned, and it returns when the socket listens.
    container["lifecycle"] = {"postStart": {"exec": {"command": _hook(spec)}}}
    if resources := _resources(spec):
        container["resources"] = resources
    container["securityContext"] = security_context(spec)
    # `kubectl describe pod` then shows the agent's last sentence.
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"
    container["volumeMounts"] = [mount.data() for mount in (*mounts, *workspaces)]
    return container


def _hook(spec: ServiceSpec) -> list[Json]:
    """Waits for the socket; for a TLS endpoint it first issues certificates, while the agent opens its sockets.

    They lie in the pod's own memory and are never in a manifest. Clients mount their own part of that volume, the
    engine reads its own when it starts, and neither the authority's key nor the engine's is seen by a client.
    """
    if spec.endpoint.kind is not EndpointKind.TLS:
        return ["dinp", "wait", "--within", WAIT_WITHIN, SOCKET]
    return [
        # Whichever user a client runs as, it may use the pod's engine.
        *("dinp", "certificates", "issue", "--dir", CERTIFICATES, "--client-mode", "0644"),
        *("--host", "localhost", "--host", "127.0.0.1"),
        *("--within", WAIT_WITHIN, "--wait-for", SOCKET),
    ]


def _image(name: str, spec: ServiceSpec) -> Object:
    container: Object = {"name": name, "image": spec.images.agent}
    if spec.images.pull_policy is not None:
        container["imagePullPolicy"] = spec.images.pull_policy.value
    return container


def _volumes(spec: ServiceSpec, *, own_socket_volume: bool) -> tuple[Volume, ...]:
    volumes = [Volume(names.SOCKET_VOLUME, "emptyDir", {})] if own_socket_volume else []
    volumes.append(sidecar_storage.volume(spec.storage))
    if spec.endpoint.kind is EndpointKind.TLS:
        volumes.append(Volume(names.TLS_VOLUME, "emptyDir", {"medium": "Memory", "sizeLimit": "1Mi"}))
    if spec.engine.isolation is IsolationKind.ROOTLESS:
        volumes.append(Volume(names.TUN_VOLUME, "hostPath", {"path": "/dev/net/tun", "type": "CharDevice"}))
    if spec.credentials:
        logins: Object = {"key": ".dockerconfigjson", "path": "config.json"}
        source: Object = {"secretName": spec.credentials, "items": [logins]}
        volumes.append(Volume(names.CREDENTIALS_VOLUME, "secret", source))
    if spec.authorities_map:
        volumes.append(Volume(names.AUTHORITIES_VOLUME, "configMap", {"name": spec.authorities_map}))
    elif spec.authorities_secret:
        volumes.append(Volume(names.AUTHORITIES_VOLUME, "secret", {"secretName": spec.authorities_secret}))
    return tuple(volumes)


def _resources(spec: ServiceSpec) -> Object:
    asked, granted = _amounts(spec.requests), _amounts(spec.limits)
    return {**({"requests": asked} if asked else {}), **({"limits": granted} if granted else {})}


def _amounts(amounts: Amounts) -> Object:
    data: Object = {}
    if amounts.cpu is not None:
        data["cpu"] = cpu_quantity(amounts.cpu)
    if amounts.memory is not None:
        data["memory"] = quantity(amounts.memory)
    if amounts.ephemeral_storage is not None:
        data["ephemeral-storage"] = quantity(amounts.ephemeral_storage)
    return data
