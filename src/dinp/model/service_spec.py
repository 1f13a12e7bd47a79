"""What a user asks of dinp as a service: where engines run, how pods reach them, what they may use."""

from enum import Enum

from dinp import __version__
from dinp.model.engine_spec import EngineSpec
from dinp.model.value import Value


class TopologyKind(Enum):
    """Where the agent runs, for pods."""

    SIDECAR = "sidecar"


class Form(Enum):
    """What kind of container the sidecar's agent is."""

    NATIVE = "native"
    CONTAINER = "container"


class EndpointKind(Enum):
    """How clients reach their engine."""

    UNIX = "unix"
    TCP = "tcp"
    TLS = "tls"


class StorageKind(Enum):
    """What carries the agent's state."""

    EMPTY_DIR = "emptyDir"
    EPHEMERAL = "ephemeral"
    CLAIM = "persistentVolumeClaim"
    HOST_PATH = "hostPath"


class PullPolicy(Enum):
    """When kubelet pulls an image (Kubernetes, `imagePullPolicy`)."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class Images(Value):
    """Images of containers.

    Attributes:
        agent: of the agent; holds dinp and the engines.
        client: of the client in rendered examples.
        pull_policy: for the agent's; None leaves it to the cluster.
    """

    agent: str = f"dinp/agent:{__version__}"
    client: str = "docker:cli"
    pull_policy: PullPolicy | None = None


class EndpointSpec(Value):
    """The door that clients are led to.

    Attributes:
        kind: which door.
        port: of a TCP door.
    """

    kind: EndpointKind = EndpointKind.UNIX
    port: int = 2375


class Amounts(Value):
    """Resources of a container; None asks for none.

    Attributes:
        cpu: processors.
        memory: bytes.
        ephemeral_storage: bytes on the node's disk.
    """

    cpu: float | None = None
    memory: int | None = None
    ephemeral_storage: int | None = None


class StorageSpec(Value):
    """Where the agent's state lies.

    Attributes:
        kind: what carries it.
        size: bytes; of an emptyDir its limit, of a claim its request.
        claim: the name of a claim that exists.
        storage_class: of a claim made for the pod; empty for the cluster's default.
        path: of a hostPath.
    """

    kind: StorageKind = StorageKind.EMPTY_DIR
    size: int = 20 * 2**30
    claim: str = ""
    storage_class: str = ""
    path: str = ""


class ServiceSpec(Value):
    """The whole wish; every field has a default that works.

    Attributes:
        topology: where the agent runs.
        form: what kind of container it is.
        images: of the containers.
        endpoint: how clients reach the engine.
        credentials: a Secret with logins for registries; empty for none.
        authorities_map: a ConfigMap with authorities of registries; empty for none.
        authorities_secret: a Secret with them instead.
        engine: what the engine is to be.
        requests: what the agent's container asks the scheduler for, its engine included.
        limits: what it gets at most.
        storage: where its state lies.
    """

    topology: TopologyKind = TopologyKind.SIDECAR
    form: Form = Form.NATIVE
    images: Images = Images()
    endpoint: EndpointSpec = EndpointSpec()
    credentials: str = ""
    authorities_map: str = ""
    authorities_secret: str = ""
    engine: EngineSpec = EngineSpec()
    requests: Amounts = Amounts()
    limits: Amounts = Amounts()
    storage: StorageSpec = StorageSpec()
