"""What preflight chose for the engines of one agent, with its reasons."""

from enum import Enum

from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.problem import Problem
from dinp.model.value import Value


class CgroupKind(Enum):
    """How the machine's control groups are mounted (cgroups(7)); HYBRID counts as V1 for limits."""

    NONE = "none"
    V1 = "v1"
    HYBRID = "hybrid"
    V2 = "v2"


class EnginePrograms(Value):
    """The programs of one engine, as absolute paths; None where there is none.

    Attributes:
        engine: dockerd, podman or buildkitd itself.
        version: what it calls itself, e.g. `20.10.24`.
        init: a minimal init for a process id namespace: docker-init, tini or catatonit.
        userland_proxy: docker-proxy.
        iptables: the iptables that suits this machine (nft or legacy flavour).
        rootlesskit, slirp4netns, pasta, newuidmap, newgidmap: what `rootless` needs.
        path: directories for the engine's PATH, most wanted first.
        helpers: name and absolute path of other programs that this kind of engine is told about.
    """

    engine: str
    version: str
    init: str | None
    userland_proxy: str | None
    iptables: str | None
    rootlesskit: str | None
    slirp4netns: str | None
    pasta: str | None
    newuidmap: str | None
    newgidmap: str | None
    path: tuple[str, ...]
    helpers: tuple[tuple[str, str], ...] = ()

    @property
    def major(self) -> int:
        """The engine's major version, 0 when it does not say (`library-import`)."""
        head = self.version.split(".", 1)[0]
        return int(head) if head.isdigit() else 0


class Choices(Value):
    """Everything decided about how engines run here.

    Attributes:
        programs: which programs.
        isolation: which way of keeping them apart.
        storage_driver: `overlay2`, `fuse-overlayfs` or (only when asked for) `vfs`.
        mtu: bytes, for the engine's own link, its default bridge and its user networks.
        bridge_address: address with prefix for the default bridge (`--bip`).
        address_pools: (base network, prefix length of each) for user networks (`--default-address-pool`).
        link_network: IPv4 network (CIDR, /16 or larger) from which agents cut the /30 of each engine's link.
        link_network6: the same for IPv6, a /48 of unique local addresses.
        nameservers: resolvers that an inner container can reach.
        loopback_nameserver: a resolver on loopback that the agent makes reachable on the link; None when not needed.
        search: search domains of resolv.conf.
        resolver_options: options of resolv.conf.
        cgroups: how control groups are mounted.
        cgroup_limits: whether limits can be set (delegation or root).
        shift_ids: whether idmapped mounts work on some directory that was tried.
        not_shifted: workspaces on which they do not, each with what is wrong there.
        binary_formats: registrations of emulators, as binfmt_misc takes them.
        decisions: a record for each of the above, and for whatever else was decided.
    """

    programs: EnginePrograms
    isolation: IsolationKind
    storage_driver: str
    mtu: int
    bridge_address: str
    address_pools: tuple[tuple[str, int], ...]
    link_network: str
    link_network6: str
    nameservers: tuple[str, ...]
    loopback_nameserver: str | None
    search: tuple[str, ...]
    resolver_options: tuple[str, ...]
    cgroups: CgroupKind
    cgroup_limits: bool
    shift_ids: bool
    not_shifted: tuple[tuple[str, Problem], ...]
    binary_formats: tuple[str, ...]
    decisions: tuple[Decision, ...]
