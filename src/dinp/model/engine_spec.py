"""What the user asks of an engine."""

from enum import Enum

from dinp.model.value import Value


class EngineKind(Enum):
    """Which program clients talk to: the Docker API with dockerd and podman, BuildKit's own with buildkitd."""

    DOCKERD = "dockerd"
    PODMAN = "podman"
    BUILDKITD = "buildkitd"


class IsolationKind(Enum):
    """How an engine is kept apart from the machine and from other tenants (product rule 3)."""

    USERNS = "userns"
    ROOTLESS = "rootless"
    ROOTFUL = "rootful"


def usual_isolation(uid: int) -> IsolationKind:
    """What an agent of this user takes where the configuration does not say."""
    return IsolationKind.USERNS if uid == 0 else IsolationKind.ROOTLESS


class Limits(Value):
    """Limits of one engine with everything that it runs; None is no limit.

    Attributes:
        memory: bytes.
        cpus: processors, 0.5 is half of one.
        pids: processes and threads.
        disk: bytes below the data-root.
    """

    memory: int | None = None
    cpus: float | None = None
    pids: int | None = None
    disk: int | None = None


class Registries(Value):
    """How engines reach image registries; said once, for the engine and the builder inside it.

    Attributes:
        mirrors: URLs of mirrors of docker.io, tried in order.
        insecure: `host:port` of registries that may speak plain HTTP or have a certificate nobody knows.
        authorities: absolute paths of PEM files, or of directories with some, whose authorities are trusted besides
            the system's own.
    """

    mirrors: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()


class Proxy(Value):
    """Through what engines reach the outside; each empty where there is none.

    Attributes:
        http: URL for `http://` requests.
        https: URL for `https://` requests.
        none: hosts, domains and networks that are reached directly.
    """

    http: str = ""
    https: str = ""
    none: tuple[str, ...] = ()


class Ulimit(Value):
    """A limit of each process of a container (setrlimit(2)), as `docker run --ulimit` names it; -1 is no limit."""

    name: str
    soft: int
    hard: int

    def __str__(self) -> str:
        """As it is written: `nofile=1024:2048`."""
        return f"{self.name}={self.soft}:{self.hard}"


OptionValue = str | int | bool | tuple[str, ...]
"""What an engine's own option may hold."""


class EngineSpec(Value):
    """One engine as wished for; preflight turns it into one that can be had here.

    Attributes:
        kind: which engine.
        isolation: how to keep it apart; None lets preflight choose.
        idle_stop_after: seconds without clients and containers before it is stopped; None never stops it.
        limits: what it may use.
        storage_driver: a driver that the user insists on; None lets preflight choose.
        drain_within: seconds that a planned stop waits for clients in flight.
        address_pools: networks (CIDR) for inner bridges; empty lets preflight choose.
        avoid_networks: networks (CIDR) that inner bridges must not collide with, e.g. a cluster's Service range.
        registries: how to reach image registries.
        proxy: through what to reach them.
        program_path: directories in which the engine's programs are looked for, before PATH.
        emulation: other architectures, as images name them, that its containers and builds may be of.
        ulimits: what containers get that ask for no others.
        options: the engine's own options (engine_options.py) with their values, each once.
    """

    kind: EngineKind = EngineKind.DOCKERD
    isolation: IsolationKind | None = None
    idle_stop_after: float | None = 600.0
    limits: Limits = Limits()
    storage_driver: str | None = None
    drain_within: float = 30.0
    address_pools: tuple[str, ...] = ()
    avoid_networks: tuple[str, ...] = ()
    registries: Registries = Registries()
    proxy: Proxy = Proxy()
    program_path: tuple[str, ...] = ()
    emulation: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    options: tuple[tuple[str, OptionValue], ...] = ()
