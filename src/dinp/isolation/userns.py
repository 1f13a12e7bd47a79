"""`userns`: root makes the namespaces itself; the engine is root over ids that nobody else has.

The engine's tree is its own: an empty file system that belongs to the agent, in which only what the engine needs is
bound, and in which the engine may write only where it must. A bind mount of a path that is not there is therefore an
error by itself (`mkdir /nowhere: permission denied`), never an empty directory.
"""

from dinp.isolation.engine_files import PROGRAMS, iptables_links, outside_programs, resolver, socket_links
from dinp.isolation.isolation import Identity, Needs
from dinp.model.choices import CgroupKind, Choices, EnginePrograms
from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_command import EngineCommand
from dinp.model.engine_places import EnginePlaces, TenantDirectories
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind
from dinp.model.launch_plan import (
    Bind,
    Blank,
    CgroupMounts,
    Directory,
    FileSystem,
    InsideStep,
    LaunchPlan,
    Link,
    Namespace,
    TextFile,
    Tmpfs,
    TreeStep,
)
from dinp.model.problem import BadInputError
from dinp.model.tenant import Tenant, Workspace
from dinp.model.workspace_check import OwnPlaces, refusal, trespass

NEEDS = Needs(ids=True, link=True)

_PLACES = EnginePlaces(
    data="/var/lib/docker",
    run="/run/docker",
    config="/etc/docker/daemon.json",
    home="/run/home",
    temporary="/run/tmp",
    door="/run/dinp",
    port_helper="/run/dinp/port-helper",
)

_ETC = ("alternatives", "ca-certificates", "ld.so.cache", "localtime", "pki", "protocols", "services", "ssl")
_DEVICES = ("full", "fuse", "null", "random", "tty", "urandom", "zero", "net/tun")
_DEVICE_LINKS = (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"))

_FORMATS = "/proc/sys/fs/binfmt_misc"

_RUN_OWNED = tuple(f"/run/{name}" for name in ("containerd", "docker", "home", "runc", "tmp"))
_ENGINE_OWNED = (*_RUN_OWNED, "/etc/docker", "/dev/mqueue", "/dev/pts", "/dev/shm")


def places(_directories: TenantDirectories) -> EnginePlaces:
    """The same for every tenant: each has a tree of its own."""
    return _PLACES


def own_tree(kind: EngineKind) -> tuple[TreeStep, ...]:
    """What every tenant's has: made for one without anything of its own."""
    nobody = Tenant("nobody", UnixEndpoint("/run/docker.sock"))
    directories = TenantDirectories(data="", run="", door="", staging="", socket=nobody.socket.path)
    return _own(nobody, kind, _ANY_CHOICES, Identity(None, None, None, ()), directories, EngineCommand((), (), ()))


_ANY_CHOICES = Choices(
    programs=EnginePrograms("", "", None, None, "/usr/sbin/iptables", None, None, None, None, None, ()),
    isolation=IsolationKind.USERNS,
    storage_driver="",
    mtu=0,
    bridge_address="",
    address_pools=(),
    link_network="",
    link_network6="",
    nameservers=(),
    loopback_nameserver=None,
    search=(),
    resolver_options=(),
    cgroups=CgroupKind.NONE,
    cgroup_limits=False,
    shift_ids=False,
    not_shifted=(),
    binary_formats=(),
    decisions=(),
)


def plan(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> LaunchPlan:
    """Everything in namespaces of its own, below a tree of its own."""
    init = choices.programs.init
    return LaunchPlan(
        tenant=tenant.name,
        argv=(init, "--", *command.argv) if init is not None else command.argv,
        env=_environment(choices, command),
        listen_pid=2 if init is not None else 1,
        namespaces=frozenset(Namespace),
        ids=identity.ids,
        private_root=True,
        tree=_tree(tenant, spec, choices, identity, directories, command),
        inside=_inside(choices),
        owned=(directories.data,),
        cgroup=identity.cgroup,
        limits=spec.limits,
        link=identity.link,
    )


def _environment(choices: Choices, command: EngineCommand) -> tuple[tuple[str, str], ...]:
    path = ":".join(("/run/bin", *choices.programs.path))
    return (
        ("PATH", path),
        ("HOME", _PLACES.home),
        ("TMPDIR", _PLACES.temporary),
        *command.env,
    )


def _tree(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> tuple[TreeStep, ...]:
    """The engine's own, then the workspaces: parents before what lies below them, which they would cover."""
    own = _own(tenant, spec.kind, choices, identity, directories, command)
    workspaces = sorted(tenant.workspaces, key=lambda workspace: workspace.path)
    # A workspace with programs from elsewhere in it, such as a home, shows them as they are.
    places = OwnPlaces(tuple(step for step in own if not isinstance(step, Bind) or step.source != step.target))
    problems = [refusal(each.path, words) for each in workspaces if (words := trespass(each.path, places))]
    if problems:
        raise BadInputError(*problems)
    return (*own, *(_shown(each, choices) for each in workspaces))


def _shown(workspace: Workspace, choices: Choices) -> Bind:
    return Bind(
        workspace.path,
        workspace.path,
        read_only=workspace.read_only,
        recursive=True,  # what is mounted below it would be an empty directory otherwise
        shift_ids=choices.shift_ids,
        as_it_is=workspace.by_chance,
        optional=workspace.by_chance,
    )


def _own(
    tenant: Tenant,
    kind: EngineKind,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> tuple[TreeStep, ...]:
    steps: list[TreeStep] = [Tmpfs("/")]
    # Bare, because a container gets its init (`docker run --init`) by one more bind mount from there.
    steps += [Bind(path, path, read_only=True, recursive=True, optional=True, bare=True) for path in PROGRAMS]
    outside = outside_programs(choices, identity)
    steps += [Bind(path, path, read_only=True, optional=True, bare=True) for path in outside]
    steps += [Bind(f"/etc/{name}", f"/etc/{name}", read_only=True, optional=True) for name in _ETC]
    steps += [Directory(path, 0o1777 if path in {"/run/tmp", "/dev/shm"} else 0o711) for path in _ENGINE_OWNED]
    steps += [Directory(path, 0o711) for path in command.directories]
    steps += [TextFile("/run/xtables.lock", "", 0o600)]
    steps += _etc(tenant, choices, identity)
    steps += iptables_links(choices.programs, "/run/bin")
    steps += [Bind(f"/dev/{name}", f"/dev/{name}", devices=True, optional=True) for name in _DEVICES]
    steps += [Link(f"/dev/{name}", to) for name, to in _DEVICE_LINKS]
    steps += [
        Blank("proc", "/proc"),
        Blank("sysfs", "/sys"),
        Link("/var/run", "../run"),
    ]
    if kind is EngineKind.PODMAN:
        # Where it unpacks archives (containers/image, internal/tmpdir), whatever TMPDIR says.
        steps.append(Link("/var/tmp", "lib/docker/tmp"))
    steps += [Bind(directories.data, _PLACES.data, bare=True), Bind(directories.door, _PLACES.door)]
    steps += socket_links(directories.socket, _PLACES.door)
    return (*steps, *command.files)


def _etc(tenant: Tenant, choices: Choices, identity: Identity) -> list[TreeStep]:
    return [
        resolver(choices, identity),
        TextFile("/etc/hostname", f"dinp-{tenant.name}\n"),
        TextFile("/etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 dinp-{tenant.name}\n"),
        TextFile("/etc/passwd", "root:x:0:0:root:/run/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
        TextFile("/etc/group", "root:x:0:\ndocker:x:999:\nnogroup:x:65534:\n"),
        TextFile("/etc/nsswitch.conf", "hosts: files dns\n"),
    ]


def _inside(choices: Choices) -> tuple[InsideStep, ...]:
    return (
        FileSystem("proc", "/proc"),
        FileSystem("sysfs", "/sys"),
        CgroupMounts(),
        FileSystem("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620"),
        FileSystem("mqueue", "/dev/mqueue", optional=True),
        FileSystem("binfmt_misc", _FORMATS, optional=not choices.binary_formats),
        *(TextFile(f"{_FORMATS}/register", line) for line in choices.binary_formats),
    )
