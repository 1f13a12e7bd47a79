"""`rootful`: the engine is root where the agent is. Only when asked for in so many words.

It has mount, process id, network, cgroup, IPC and host name namespaces of its own, so that it does not meddle with an
engine of the machine, but no user namespace: it sees the agent's file system, and whoever may use it may do with the
machine what root may. Its own are /run, /etc/docker, /proc, /sys and resolv.conf. `/`, `/run` and `/etc` are file
systems in memory in which every other entry of the machine's is bound; nothing can be created in `/` and `/etc`
themselves, because it would not be the machine's.

A tenant that has only its workspaces sees no more of the agent's files than what the engine runs from, read-only: in a
pod they are those of the agent's image, and nobody's who uses the engine.
"""

from dinp.isolation.engine_files import PROGRAMS, iptables_links, outside_programs, resolver
from dinp.isolation.isolation import Identity, Needs
from dinp.model.choices import Choices
from dinp.model.engine_command import EngineCommand
from dinp.model.engine_places import EnginePlaces, TenantDirectories
from dinp.model.engine_spec import EngineKind, EngineSpec
from dinp.model.launch_plan import (
    Bind,
    BindEach,
    CgroupMounts,
    Directory,
    FileSystem,
    InsideStep,
    LaunchPlan,
    Link,
    Namespace,
    ReadOnly,
    TextFile,
    Tmpfs,
    TreeStep,
)
from dinp.model.tenant import Tenant

NEEDS = Needs(
    ids=False,
    link=True,
    caution="whoever may use this engine is root of the machine: `docker run -v /:/h` is its file system",
)

_ENGINES_OF_THE_MACHINE = ("docker*", "containerd*", "runc", "xtables.lock")
_ENGINE_OWNED = ("/run/docker", "/run/containerd", "/run/runc", "/run/dinp-engine/home", "/run/dinp-engine/tmp")
_LINKS = "/run/dinp-engine/bin"
_CLOSED: tuple[str, ...] = ("/etc", "/")


def places(directories: TenantDirectories) -> EnginePlaces:
    """On the machine where the agent has them; run-time files in the engine's own /run."""
    return EnginePlaces(
        data=directories.data,
        run="/run/docker",
        config="/etc/docker/daemon.json",
        home="/run/dinp-engine/home",
        temporary="/run/dinp-engine/tmp",
        door=directories.door,
        port_helper=f"{directories.door}/port-helper",
    )


def own_tree(_kind: EngineKind) -> tuple[TreeStep, ...]:
    """None: it sees the machine's, in which a workspace is where it is."""
    return ()


def plan(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> LaunchPlan:
    """Namespaces of its own except the user namespace, the machine's tree with some parts replaced."""
    init = choices.programs.init
    own = places(directories)
    seen, closed = _of_the_machine(command), _CLOSED
    if tenant.only_workspaces:
        seen, closed = _of_the_pod(tenant, spec, choices, identity, directories, command), ("/run", *_CLOSED)
    return LaunchPlan(
        tenant=tenant.name,
        argv=(init, "--", *command.argv) if init is not None else command.argv,
        env=(
            ("PATH", ":".join((_LINKS, *choices.programs.path))),
            ("HOME", own.home),
            ("TMPDIR", own.temporary),
            ("DINP_PORTS_SOCKET", f"{own.door}/ports.sock"),
            *command.env,
        ),
        listen_pid=2 if init is not None else 1,
        namespaces=frozenset(Namespace) - {Namespace.USER},
        private_root=True,
        follows_mounts=True,
        tree=_tree(seen, closed, choices, identity, own, command),
        inside=_inside(),
        owned=(directories.data,),
        cgroup=identity.cgroup,
        limits=spec.limits,
        link=identity.link,
    )


def _of_the_machine(command: EngineCommand) -> tuple[TreeStep, ...]:
    """All that the agent sees."""
    return (
        BindEach("/", "/", but=("etc", "proc", "run", "sys")),
        Tmpfs("/run"),
        BindEach("/run", "/run", but=(*_ENGINES_OF_THE_MACHINE, *_own_below("/run/", command))),
    )


def _of_the_pod(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> tuple[TreeStep, ...]:
    """What the engine runs from, its own directories, and the workspaces, owners as they are."""
    seen = (*PROGRAMS, *outside_programs(choices, identity))
    own = {"/run/docker.sock", "/var/run/docker.sock"}
    return (
        *(Bind(path, path, read_only=True, recursive=True, optional=True) for path in seen),
        Bind("/dev", "/dev", recursive=True, devices=True),
        Bind(directories.data, directories.data, recursive=True, devices=True),
        Bind(directories.door, directories.door),
        *(Bind(each.path, each.path, each.read_only, recursive=True, devices=True) for each in tenant.workspaces),
        Tmpfs("/run"),
        # Each its own file system, because /run itself is closed like the rest.
        *(Tmpfs(path) for path in _own_runs(command)),
        Link("/var/run", "../run"),
        *([] if directories.socket in own else [Link(directories.socket, f"{directories.door}/docker.sock")]),
        # Where podman unpacks archives (containers/image, internal/tmpdir), whatever TMPDIR says.
        *([Link("/var/tmp", f"{directories.data}/tmp")] if spec.kind is EngineKind.PODMAN else []),
        *(Directory(path, 0o711) for path in command.directories),
    )


def _own_runs(command: EngineCommand) -> tuple[str, ...]:
    paths = (*_ENGINE_OWNED, *command.directories)
    return tuple(sorted({"/".join(path.split("/")[:3]) for path in paths if path.startswith("/run/")}))


def _tree(
    seen: tuple[TreeStep, ...],
    closed: tuple[str, ...],
    choices: Choices,
    identity: Identity,
    own: EnginePlaces,
    command: EngineCommand,
) -> tuple[TreeStep, ...]:
    replaced = sorted({"docker", *_own_below("/etc/", command)})
    return (
        Tmpfs("/"),
        *seen,
        Tmpfs("/etc"),
        BindEach("/etc", "/etc", but=(*replaced, "resolv.conf")),
        *(Tmpfs(f"/etc/{name}") for name in replaced),
        resolver(choices, identity),
        *(Directory(path, 0o711) for path in (*_ENGINE_OWNED, *filter(_is_replaced, command.directories))),
        TextFile("/run/xtables.lock", "", 0o600),
        Link("/run/docker.sock", f"{own.door}/docker.sock"),
        *iptables_links(choices.programs, _LINKS),
        *command.files,
        Directory("/proc"),
        Directory("/sys"),
        *(ReadOnly(path) for path in closed),
    )


def _is_replaced(path: str) -> bool:
    """Whether it lies in a directory of the machine that the engine has its own of."""
    return path.startswith(("/run/", "/etc/"))


def _own_below(parent: str, command: EngineCommand) -> tuple[str, ...]:
    """Names in /etc or /run that are the engine's own, where the machine's of the same names must not be seen."""
    paths = (*(file.target for file in command.files), *command.directories)
    return tuple(sorted({path.removeprefix(parent).split("/")[0] for path in paths if path.startswith(parent)}))


def _inside() -> tuple[InsideStep, ...]:
    return (
        FileSystem("proc", "/proc"),
        FileSystem("sysfs", "/sys"),
        CgroupMounts(),
        # By these dockerd and runc find out whether containers can have an AppArmor profile or an SELinux label.
        FileSystem("securityfs", "/sys/kernel/security", optional=True),
        FileSystem("selinuxfs", "/sys/fs/selinux", optional=True),
    )
