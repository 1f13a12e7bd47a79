"""How one engine is started, as data: isolation modules write it, edges/launch.py performs it to the letter."""

from enum import Enum

from dinp.model.engine_spec import Limits
from dinp.model.id_range import IdRange
from dinp.model.link_plan import LinkPlan
from dinp.model.value import Value


class Namespace(Enum):
    """Kernel namespaces (namespaces(7)), with their flag for unshare(2)."""

    MOUNT = 0x00020000
    CGROUP = 0x02000000
    UTS = 0x04000000
    IPC = 0x08000000
    USER = 0x10000000
    PID = 0x20000000
    NETWORK = 0x40000000


class Directory(Value):
    """A directory in the engine's tree; made when missing."""

    target: str
    mode: int = 0o755


class TextFile(Value):
    """A small file in the engine's tree."""

    target: str
    text: str
    mode: int = 0o644


class Link(Value):
    """A symbolic link in the engine's tree: `target` points to `to`."""

    target: str
    to: str


class Tmpfs(Value):
    """An empty file system in memory."""

    target: str
    mode: int = 0o755
    size: int | None = None


class Bind(Value):
    """A file or directory of the agent's side at a place in the engine's tree.

    Attributes:
        source, target: absolute paths; the target is made when missing.
        read_only: whether writes are refused.
        recursive: whether mounts below the source come along.
        shift_ids: whether owners look the same on both sides of a user namespace (an idmapped mount, mount_setattr(2)).
        as_it_is: whether a mount whose ids cannot be shifted is bound without that, instead of failing.
        optional: whether a missing source is passed over.
        devices: whether device nodes below it work.
        bare: whether it sheds `nodev`, `nosuid` and `noexec`. A user namespace keeps the flags of the mounts that it
            was given (mount_namespaces(7)), and what mounts again from there without them is refused: BuildKit of
            20.10 does, in a data-root. No device node can be made in it (mknod(2) takes CAP_MKNOD of the machine).
    """

    source: str
    target: str
    read_only: bool = False
    recursive: bool = False
    shift_ids: bool = False
    as_it_is: bool = False
    optional: bool = False
    devices: bool = False
    bare: bool = False


class Blank(Value):
    """A complete proc or sysfs of nobody's namespaces, for the kernel to see underneath the engine's own."""

    kind: str
    target: str


class FileSystem(Value):
    """A kernel file system mounted from inside the new namespaces: proc, sysfs, devpts, mqueue, binfmt_misc."""

    kind: str
    target: str
    options: str = ""
    optional: bool = False


class CgroupMounts(Value):
    """The engine's own view of its cgroups at `target`, v1 hierarchies or v2, as the machine has them."""

    target: str = "/sys/fs/cgroup"


class BindEach(Value):
    """Every entry of a directory of the agent's side, with the mounts below it, at its own place in `target`.

    Attributes:
        source, target: absolute paths; the target is there already.
        but: names that are left out, as patterns of fnmatch(3). Links are made anew as they are.
    """

    source: str
    target: str
    but: tuple[str, ...] = ()


class ReadOnly(Value):
    """From here on nothing can be created in the mount at `target`; mounts below it stay as they are."""

    target: str


TreeStep = Directory | TextFile | Link | Tmpfs | Bind | Blank | BindEach | ReadOnly
InsideStep = FileSystem | CgroupMounts | TextFile | Directory


class LaunchPlan(Value):
    """One engine, ready to be started.

    Attributes:
        tenant: whose it is.
        argv: the command, found already (absolute program).
        env: its whole environment; LISTEN_FDS and LISTEN_PID are added at the exec.
        listen_pid: the process id that the engine will have in its namespace, or None when argv sets LISTEN_PID itself.
        first_fd: the descriptor number of the first socket; the others follow (3 by sd_listen_fds(3)).
        namespaces: which ones to make.
        ids: the tenant's ids, mapped to 0 …; None without a user namespace.
        private_root: whether the engine gets a tree of its own (else it sees the agent's).
        follows_mounts: whether what the machine mounts later below a bound directory is seen there.
        tree: built by the agent, as root, before the user namespace exists; paths are the engine's.
        inside: mounted from within the new namespaces, in order.
        owned: directories that are made, and belong to the engine's root, before it starts.
        limits: for its cgroup; cgroup is the name of its directory below the agent's own; None makes none.
        link: its network; None leaves the network to argv (rootlesskit) or shares the agent's.
    """

    tenant: str
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    listen_pid: int | None = 2
    first_fd: int = 3
    namespaces: frozenset[Namespace] = frozenset()
    ids: IdRange | None = None
    private_root: bool = False
    follows_mounts: bool = False
    tree: tuple[TreeStep, ...] = ()
    inside: tuple[InsideStep, ...] = ()
    owned: tuple[str, ...] = ()
    cgroup: str | None = None
    limits: Limits = Limits()
    link: LinkPlan | None = None
