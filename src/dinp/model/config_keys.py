"""Every key of the agent's configuration: the parser reads by this table and the reference page is made from it."""

from enum import Enum

from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.value import Value


class KeyKind(Enum):
    """What a key's value is; the text is what the reference page calls it."""

    TEXT = "text"
    NAME = "name"
    PATH = "absolute path"
    FILE = "file, relative to the configuration"
    DURATION = "duration"
    DURATION_OR_NEVER = "duration or `never`"
    SIZE = "size"
    NUMBER = "number"
    COUNT = "whole number"
    MODE = "permission bits in octal"
    USER = "user name or id"
    GROUP = "group name or id"
    ADDRESS = "IP address and port"
    NETWORK = "network in CIDR notation"
    BOOLEAN = "`true` or `false`"
    IMAGE = "image"
    CHOICE = "one of"
    SECTION = "keys of its own"


class Key(Value):
    """One key.

    Attributes:
        name: as it is written.
        kind: what its value is, or what each item is when `many`.
        sentence: what it does, for the reference page.
        default: what holds without it, as it would be written or in words; empty when it must be there.
        required: whether it must be there.
        many: whether it is a list.
        choices: for CHOICE, the words that may stand there.
        keys: for SECTION, the keys below it.
        least: the smallest value that makes sense, in the unit of the value read; None for any.
        least_words: the same, for a sentence.
        most: the largest value there is, of whole numbers; None for any.
        assigned: whether items of a list are NAME=VALUE, where a value may have commas.
    """

    name: str
    kind: KeyKind
    sentence: str
    default: str = ""
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    keys: "tuple[Key, ...]" = ()
    least: float | None = None
    least_words: str = ""
    most: int | None = None
    assigned: bool = False


_LEAST_BYTES = 64 * 2**20
"""dockerd and containerd alone take more than half of it."""

TLS = (
    Key(
        "ca",
        KeyKind.FILE,
        "Authority (PEM) of this tenant's clients: only certificates that it signed get in. docker keeps a certificate"
        " of another authority, such as another tenant's, to itself, because the engine names the one that it takes:"
        " the engine's log then says `client didn't provide a certificate`, as if there were none.",
        required=True,
    ),
    Key("certificate", KeyKind.FILE, "The engine's own certificate (PEM).", required=True),
    Key("key", KeyKind.FILE, "The private key (PEM) of `certificate`.", required=True),
)

TCP = (
    Key("address", KeyKind.ADDRESS, "Where to listen. An address that is not on loopback needs `tls`.", required=True),
    Key(
        "tls",
        KeyKind.SECTION,
        "Mutual TLS, spoken by the engine itself. All three files are needed.",
        default="none: plain TCP, on loopback only",
        keys=TLS,
    ),
)

WORKSPACE = (
    Key("path", KeyKind.PATH, "The directory, the same path for the client and for the engine.", required=True),
    Key("read_only", KeyKind.BOOLEAN, "Whether containers may only read it.", default="false"),
)

TENANT = (
    Key("name", KeyKind.NAME, "Names the tenant's directory, control group and log lines.", required=True),
    Key("socket", KeyKind.PATH, "Where its clients connect. Mount the directory, never the file.", required=True),
    Key("mode", KeyKind.MODE, "Permission bits of the socket.", default='"0660"'),
    Key("owner", KeyKind.USER, "Owner of the socket.", default="the agent's user"),
    Key("group", KeyKind.GROUP, "Group of the socket.", default="the agent's group"),
    Key("tcp", KeyKind.SECTION, "A second door, on a TCP port.", default="none", keys=TCP),
    Key(
        "workspaces",
        KeyKind.SECTION,
        "Directories that containers may bind, none of the system; anything else is not visible to the engine.",
        default="none",
        many=True,
        keys=WORKSPACE,
    ),
    Key(
        "only_workspaces",
        KeyKind.BOOLEAN,
        "Whether engines that would see the machine's files (`rootless`, `rootful`) see only `workspaces` of them: for"
        " clients whose files are others, as in the other containers of a pod.",
        default="false; an engine in `userns` never sees more",
    ),
)

LIMITS = (
    Key(
        "memory",
        KeyKind.SIZE,
        "Memory of the engine with everything that it runs.",
        "none",
        least=_LEAST_BYTES,
        least_words="64MiB",
    ),
    Key("cpus", KeyKind.NUMBER, "Processors, `0.5` is half of one.", "none", least=0.01, least_words="0.01"),
    Key("pids", KeyKind.COUNT, "Processes and threads.", "none", least=64, least_words="64"),
    Key(
        "disk",
        KeyKind.SIZE,
        "Disk of the engine's images, containers, volumes and build cache. Of the build cache half of this is kept at"
        " most; near the limit all of it is removed; at the limit the engine is ended, with a sentence.",
        "none",
        least=_LEAST_BYTES,
        least_words="64MiB",
    ),
)

REGISTRIES = (
    Key("mirrors", KeyKind.TEXT, "URLs of mirrors of docker.io, tried in order.", "none", many=True),
    Key(
        "insecure",
        KeyKind.TEXT,
        "Registries (`host:port`) that may speak plain HTTP or have a certificate that nobody knows.",
        "those on loopback, as dockerd has it",
        many=True,
    ),
    Key(
        "authorities",
        KeyKind.FILE,
        "Certificate authorities (PEM files, or directories with some) that are trusted besides the system's own.",
        "none",
        many=True,
    ),
)

PROXY = (
    Key("http", KeyKind.TEXT, "URL of the proxy for `http://`.", "none"),
    Key("https", KeyKind.TEXT, "URL of the proxy for `https://`.", "none"),
    Key("none", KeyKind.TEXT, "Hosts, domains and networks that are reached directly.", "none", many=True),
)

ENGINE = (
    Key(
        "kind",
        KeyKind.CHOICE,
        "Which program clients talk to: [what works with each](engine-kinds.md).",
        EngineKind.DOCKERD.value,
        choices=tuple(kind.value for kind in EngineKind),
    ),
    Key(
        "isolation",
        KeyKind.CHOICE,
        "How engines are kept apart; `rootful` keeps nothing apart and is never chosen by itself.",
        "`userns` where the agent is root, else `rootless`",
        choices=tuple(kind.value for kind in IsolationKind),
    ),
    Key(
        "idle_stop_after",
        KeyKind.DURATION_OR_NEVER,
        "How long an engine without clients and running containers lives on; its cache stays.",
        "10m",
    ),
    Key("drain_within", KeyKind.DURATION, "How long a planned stop waits for clients in flight.", "30s"),
    Key("limits", KeyKind.SECTION, "What each engine may use.", default="none", keys=LIMITS),
    Key(
        "storage_driver",
        KeyKind.CHOICE,
        "The storage driver; `vfs` copies whole images and is never chosen by itself.",
        "by trial: `overlay2`, else `fuse-overlayfs`",
        choices=("overlay2", "fuse-overlayfs", "vfs"),
    ),
    Key(
        "address_pools",
        KeyKind.NETWORK,
        "Networks for the engine's bridges.",
        "free private networks, in dockerd's usual order",
        many=True,
    ),
    Key(
        "avoid_networks",
        KeyKind.NETWORK,
        "Networks that the engine's bridges must not hide, e.g. a cluster's ranges for pods and Services.",
        "none besides routes and resolvers",
        many=True,
    ),
    Key("registries", KeyKind.SECTION, "How image registries are reached.", default="none", keys=REGISTRIES),
    Key("proxy", KeyKind.SECTION, "Through what the engine reaches the outside.", default="none", keys=PROXY),
    Key(
        "emulation",
        KeyKind.CHOICE,
        "Other architectures that builds and containers may be of, by QEMU; the node's own table of binary formats"
        " stays as it is (Linux 6.7 or newer, isolation `userns`).",
        "none",
        many=True,
        choices=("amd64", "arm64", "arm", "ppc64le", "riscv64", "s390x"),
    ),
    Key(
        "ulimits",
        KeyKind.TEXT,
        "Limits that containers get which ask for no others, e.g. `nofile=1024:4096`, as `docker run --ulimit` has"
        " them. buildkitd has no such default: its clients say it (`buildx build --ulimit`).",
        "the engine's own",
        many=True,
    ),
    Key(
        "options",
        KeyKind.TEXT,
        "Options of the engine's own configuration file, e.g. `max-concurrent-downloads=3`; a list has commas between"
        " its items. [Which there are](engine-kinds.md#options).",
        "none",
        many=True,
        assigned=True,
    ),
    Key(
        "program_path",
        KeyKind.PATH,
        "Directories with the engine's programs, looked at before PATH.",
        "none",
        many=True,
    ),
)

AGENT = (
    Key("state_dir", KeyKind.PATH, "Data-roots, leases and logs, one directory per tenant.", required=True),
    Key("tenants", KeyKind.SECTION, "Whoever gets an engine of its own.", required=True, many=True, keys=TENANT),
    Key("engine", KeyKind.SECTION, "What each tenant's engine is to be.", default="every key's default", keys=ENGINE),
)
"""The keys at the top of the file."""
