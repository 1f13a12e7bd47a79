"""What was seen of the machine (or pod, or node) on which an agent runs, before anything is decided.

Named tuples here and beside: a frozen dataclass takes six times as long to make, and an engine waits for these modules.
"""

from dinp.model.choices import CgroupKind
from dinp.model.id_maps import IdExtent, SubIds
from dinp.model.id_range import IdRange
from dinp.model.kernel_release import KernelRelease
from dinp.model.resolv_conf import ResolvConf
from dinp.model.routes import Route
from dinp.model.value import Value


class Trial(Value):
    """Something that was tried out, because only the kernel knows whether it works.

    Attributes:
        works: whether it did.
        error: the kernel's words when it did not; empty otherwise.
        errno: the kernel's number; 0 when it worked or was not tried.
    """

    works: bool
    error: str = ""
    errno: int = 0


NOT_TRIED = Trial(works=False, error="not tried")


class ProcessFacts(Value):
    """Who the agent is, and what it may do about user namespaces.

    Attributes:
        uid: effective user id.
        user: login name, or the number where it has none.
        capabilities: effective set as a bit mask.
        no_new_privileges: whether setuid programs such as newuidmap are void (prctl(2), PR_SET_NO_NEW_PRIVS).
        uid_map, gid_map: of the agent's own user namespace.
        sub_uids, sub_gids: every line of /etc/subuid and /etc/subgid.
        living: ranges that user namespaces of living processes map now.
        max_user_namespaces: /proc/sys/user/max_user_namespaces; None where the kernel has no such file.
        unprivileged_clone: kernel.unprivileged_userns_clone (a Debian patch); None where there is none.
        apparmor_restricts: kernel.apparmor_restrict_unprivileged_userns (Ubuntu 23.10 and newer).
        rootlesskit_profile: whether a file of /etc/apparmor.d is named after rootlesskit.
        new_proc: whether an ordinary user may mount a /proc for process ids of its own.
        may_write_tmp: whether this user may make files in /tmp.
        container: what says that the agent runs in a container, e.g. `kubernetes`; empty on a plain machine.
    """

    uid: int
    user: str
    capabilities: int
    no_new_privileges: bool
    uid_map: tuple[IdExtent, ...]
    gid_map: tuple[IdExtent, ...]
    sub_uids: tuple[SubIds, ...]
    sub_gids: tuple[SubIds, ...]
    living: tuple[IdRange, ...]
    max_user_namespaces: int | None
    unprivileged_clone: bool | None = None
    apparmor_restricts: bool = False
    rootlesskit_profile: bool = False
    new_proc: Trial = NOT_TRIED
    may_write_tmp: bool = True
    container: str = ""

    def promised_ids(self) -> tuple[IdRange, ...]:
        """Every range of ids that a line of /etc/subuid or /etc/subgid gives to somebody."""
        return tuple(entry.ids for entry in (*self.sub_uids, *self.sub_gids))


class StorageFacts(Value):
    """The file system below the state directory.

    Attributes:
        state_dir: the directory that was tried.
        file_system: its type, e.g. `ext4`.
        free: bytes that the agent may still use.
        overlay: overlay as the agent itself (what `rootful` needs).
        overlay_userns: overlay with `userxattr` from inside a user namespace (`userns`, `rootless`).
        shifted: for each directory tried, the state directory first, whether an idmapped mount of it works.
        fuse: whether /dev/fuse is there and opens.
    """

    state_dir: str
    file_system: str
    free: int
    overlay: Trial
    overlay_userns: Trial
    shifted: tuple[tuple[str, Trial], ...]
    fuse: bool


class CgroupFacts(Value):
    """Control groups as the agent finds them.

    Attributes:
        kind: how they are mounted.
        own: directories for the agent's engines' groups, one per hierarchy.
        writable: those of `own` in which the agent may make groups.
        controllers: controllers found in writable hierarchies.
        why: on v2, why it is that directory; empty when there is none.
    """

    kind: CgroupKind
    own: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()
    why: str = ""


class LinkMtu(Value):
    """A network interface that some route uses, with its MTU in bytes."""

    name: str
    mtu: int


class FirewallFacts(Value):
    """Which packet filters the agent's network namespace uses.

    Attributes:
        nft_tables: tables of nf_tables as (family, name); None when the kernel has no nf_tables or does not tell.
        legacy_tables: tables of the legacy iptables in use; None when the kernel has none or does not tell.
        forward_policies: (which table and chain, `accept` or `drop`) of each chain on the forward hook, of both kinds.
    """

    nft_tables: tuple[tuple[str, str], ...] | None
    legacy_tables: tuple[str, ...] | None
    forward_policies: tuple[tuple[str, str], ...] = ()


class NetworkFacts(Value):
    """The agent's network.

    Attributes:
        routes: IPv4 then IPv6, default routes included.
        links: MTU of each link that a route uses.
        resolver: /etc/resolv.conf.
        uplink_resolver: what systemd-resolved keeps of the real resolvers; None where it does not run.
        firewall: packet filters.
        tun: whether /dev/net/tun is there and opens.
        api_server: in a pod, the address of its cluster's API server; empty elsewhere.
    """

    routes: tuple[Route, ...]
    links: tuple[LinkMtu, ...]
    resolver: ResolvConf
    uplink_resolver: ResolvConf | None
    firewall: FirewallFacts
    tun: bool
    api_server: str = ""


NO_NETWORK = NetworkFacts((), (), ResolvConf(""), None, FirewallFacts(None, None), tun=False)
"""Before anybody has looked."""


class NodeFacts(Value):
    """Everything that preflight decides from.

    Attributes:
        kernel: its version.
        process: who the agent is.
        storage: the state directory's file system.
        cgroups: control groups.
        network: routes, resolvers, packet filters.
        programs: name and absolute path of each program found.
        search_path: directories in which they were looked for, in order.
        engine_version: what the engine calls itself; empty when there is no engine or it did not say.
        pasta_version: what pasta calls itself; empty where it is not asked: slirp4netns is there, or the agent is root.
        machine: its architecture as uname(2) names it.
    """

    kernel: KernelRelease
    process: ProcessFacts
    storage: StorageFacts
    cgroups: CgroupFacts
    network: NetworkFacts
    programs: tuple[tuple[str, str], ...] = ()
    search_path: tuple[str, ...] = ()
    engine_version: str = ""
    pasta_version: str = ""
    machine: str = "x86_64"

    def program(self, *names: str) -> str | None:
        """The path of the first of `names` that was found; None when none was."""
        found = dict(self.programs)
        return next((found[name] for name in names if name in found), None)
