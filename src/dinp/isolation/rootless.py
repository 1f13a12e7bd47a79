"""`rootless`: the agent is an ordinary user; rootlesskit makes the namespaces, with ids that newuidmap grants the user.

The engine sees the user's own file system, with the user's own rights: the user is root inside, so what a container's
root writes belongs to the user outside. Only /etc and /run are copies (rootlesskit's `--copy-up`: a file system in
memory with links to what the machine has there), so that the engine can have directories of its own in both.

A tenant that has only its workspaces gets a root directory of its own below rootlesskit (edges/own_root.py), with what
the engine runs from.

The network is a user-mode one. slirp4netns comes before pasta: only with it does rootlesskit publish ports while
`docker run -p` waits (port driver `builtin`); with pasta they follow when pasta next looks for listeners (`implicit`).
"""

from dinp.isolation.engine_files import PROGRAMS, iptables_links, outside_programs
from dinp.isolation.isolation import Identity, Needs
from dinp.model.choices import CgroupKind, Choices, EnginePrograms
from dinp.model.engine_command import EngineCommand
from dinp.model.engine_places import EnginePlaces, TenantDirectories
from dinp.model.engine_spec import EngineKind, EngineSpec
from dinp.model.launch_plan import Directory, LaunchPlan, TextFile, TreeStep
from dinp.model.tenant import Tenant

NEEDS = Needs(ids=False, link=False)

_FIRST_SOCKET = 7
"""rootlesskit keeps 3 and 4 for itself and its child; a shell can name no descriptor above 9."""

_CGROUP_LEAF = "init"

_OWN_DIRECTORIES = ("/run/docker", "/run/containerd", "/run/runc", "/etc/docker")
_OWN_FILES = ("/run/xtables.lock", "/run/docker.sock")

_BECOME_ENGINE = r"""set -e
door=$1
shift
# What is a link here leads to the machine's own, which is not ours to use.
while read -r own; do
    if [ -L "$own" ]; then rm "$own"; fi
done <"${0%/*}/own-names"
while read -r own; do mkdir -p "$own"; done <"${0%/*}/own-directories"
ln -s "$door/docker.sock" /run/docker.sock
if [ "$LISTEN_FDS" -ge 3 ]; then exec 5<&9 9<&-; fi
if [ "$LISTEN_FDS" -ge 2 ]; then exec 4<&8 8<&-; fi
exec 3<&7 7<&-
export LISTEN_PID=$$
exec "$@"
"""
"""Makes the engine's own directories, then moves the listening sockets to where sd_listen_fds(3) looks; each `exec`
keeps the process id."""


def places(directories: TenantDirectories) -> EnginePlaces:
    """In the user's own tree, except for what lies in the copy of /run."""
    return EnginePlaces(
        data=directories.data,
        run="/run/docker",
        config=f"{directories.run}/daemon.json",
        home=f"{directories.run}/home",
        temporary=f"{directories.run}/tmp",
        door=directories.door,
        port_helper=None,
    )


def own_tree(_kind: EngineKind) -> tuple[TreeStep, ...]:
    """None: it sees the user's, in which a workspace is where it is."""
    return ()


def plan(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> LaunchPlan:
    """rootlesskit, which becomes a shell, which becomes the engine."""
    own = places(directories)
    links, become_engine = f"{directories.run}/bin", f"{directories.run}/become-engine"
    return LaunchPlan(
        tenant=tenant.name,
        argv=(
            *_rootlesskit(choices, identity, directories),
            *("/bin/sh", become_engine, own.door),
            *(_own_root(identity, directories) if tenant.only_workspaces else ()),
            *command.argv,
        ),
        env=(
            ("PATH", ":".join((links, *choices.programs.path))),
            ("HOME", own.home),
            ("TMPDIR", own.temporary),
            # dockerd --rootless insists on one; containerd makes its temporary mounts there (core/mount/temp.go).
            ("XDG_RUNTIME_DIR", own.run if tenant.only_workspaces else "/run"),
            *command.env,
        ),
        listen_pid=None,
        first_fd=_FIRST_SOCKET,
        tree=(
            Directory(own.home, 0o700),
            Directory(own.temporary, 0o700),
            TextFile(become_engine, _BECOME_ENGINE),
            *_own_places(command, directories),
            *iptables_links(choices.programs, links),
            *_pasta(choices.programs, directories),
            *command.files,
            *(_root_steps(tenant, spec, choices, identity, directories, command) if tenant.only_workspaces else ()),
        ),
        owned=(directories.data,),
        cgroup=identity.cgroup,
        limits=spec.limits,
    )


def _own_root(identity: Identity, directories: TenantDirectories) -> tuple[str, ...]:
    return (*identity.own_root, f"{directories.run}/root", f"{directories.run}/own-root")


def _root_steps(
    tenant: Tenant,
    spec: EngineSpec,
    choices: Choices,
    identity: Identity,
    directories: TenantDirectories,
    command: EngineCommand,
) -> tuple[TreeStep, ...]:
    """What edges/own_root.py reads: the engine sees what it runs from, its own directories and the workspaces."""
    data, run, door = directories.data, directories.run, directories.door
    own = (*_OWN_DIRECTORIES, *_below_copies(command))
    lines = [
        *(f"read {path}" for path in (*PROGRAMS, *outside_programs(choices, identity))),
        *(f"show {path}" for path in ("/dev", "/proc", "/sys", "/etc", "/run", data, run, door)),
        "link /var/run ../run",
        # Where podman unpacks archives (containers/image, internal/tmpdir), whatever TMPDIR says.
        *([f"link /var/tmp {data}/tmp"] if spec.kind is EngineKind.PODMAN else []),
        *(f"{'read' if each.read_only else 'show'} {each.path}" for each in tenant.workspaces),
        *(f"keep {path}/" for path in own),
        "keep /run/xtables.lock",
        *(f"close {path}" for path in ("/etc", "/run", "/")),
    ]
    return (Directory(f"{run}/root"), TextFile(f"{run}/own-root", "".join(f"{line}\n" for line in lines)))


def _below_copies(command: EngineCommand) -> tuple[str, ...]:
    return tuple(path for path in command.directories if path.startswith(("/run/", "/etc/")))


def _own_places(command: EngineCommand, directories: TenantDirectories) -> tuple[TextFile, ...]:
    """What the shell reads: the directories to be made in the copies of /etc and /run, and the names taken by them."""
    own = (*_OWN_DIRECTORIES, *_below_copies(command))
    names = dict.fromkeys("/".join(path.split("/")[:3]) for path in (*own, *_OWN_FILES))
    return (
        TextFile(f"{directories.run}/own-names", "".join(f"{name}\n" for name in names)),
        TextFile(f"{directories.run}/own-directories", "".join(f"{path}\n" for path in own)),
    )


def _rootlesskit(choices: Choices, identity: Identity, directories: TenantDirectories) -> tuple[str, ...]:
    groups: tuple[str, ...] = ()
    if identity.cgroup is not None and choices.cgroups is CgroupKind.V2:
        # The engine's group may hold no process once its controllers are given to the groups of containers.
        groups = (f"--evacuate-cgroup2={_CGROUP_LEAF}",)
    return (
        choices.programs.rootlesskit or "rootlesskit",
        f"--state-dir={directories.run}/rk",
        *_network(choices.programs, directories),
        f"--mtu={choices.mtu}",
        "--disable-host-loopback",
        "--copy-up=/etc",
        "--copy-up=/run",
        "--propagation=rslave",
        "--pidns",
        "--ipcns",
        "--utsns",
        "--cgroupns",
        *groups,
    )


def _pasta(programs: EnginePrograms, directories: TenantDirectories) -> tuple[TextFile, ...]:
    """A name for pasta, which leaves the engine's session and may outlive it: the agent knows it by its pid file."""
    text = f'#!/bin/sh\nexec "{programs.pasta}" --pid="{directories.run}/pasta.pid" "$@"\n'
    return () if programs.pasta is None else (TextFile(f"{directories.run}/pasta", text, 0o755),)


def _network(programs: EnginePrograms, directories: TenantDirectories) -> tuple[str, ...]:
    if programs.slirp4netns is not None:
        return (
            "--net=slirp4netns",
            f"--slirp4netns-binary={programs.slirp4netns}",
            "--slirp4netns-sandbox=auto",
            "--slirp4netns-seccomp=auto",
            "--port-driver=builtin",
        )
    return ("--net=pasta", f"--pasta-binary={directories.run}/pasta", "--port-driver=implicit")
