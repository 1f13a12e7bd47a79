"""Gathers the facts that preflight decides from: reads /proc, /sys and /etc once, tries mounts, looks for programs."""

import os
import pwd
from collections.abc import Mapping

from dinp.agent.id_ranges import allocate
from dinp.edges.cgroup_probe import probe_cgroups
from dinp.edges.engine_version import VersionQuestion
from dinp.edges.id_probe import living_ranges, own_id_map
from dinp.edges.small_files import can_open, read_text
from dinp.edges.trial_mounts import try_overlay, try_overlay_as_user, try_overlay_in, try_proc_as_user, try_shift
from dinp.edges.user_namespaces import make_user_namespace
from dinp.knowledge.emulators import EMULATORS
from dinp.model.capabilities import Capability, missing, parse_effective
from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.id_maps import parse_id_map, parse_sub_ids
from dinp.model.kernel_release import parse_kernel_release
from dinp.model.mountinfo import Mount, mount_of, parse_mountinfo
from dinp.model.node_facts import NO_NETWORK, NOT_TRIED, NetworkFacts, NodeFacts, ProcessFacts, StorageFacts, Trial
from dinp.model.problem import WorldRefusedError
from dinp.model.value import replace

ENGINE_PROGRAMS = (
    "dockerd", "containerd", "containerd-shim-runc-v2", "runc", "docker-init", "tini", "catatonit", "docker-proxy",
    "iptables", "iptables-nft", "iptables-legacy", "ip6tables", "rootlesskit", "rootlesskit-docker-proxy",
    "slirp4netns", "pasta", "newuidmap", "newgidmap", "fuse-overlayfs", "nft", "ip", "nsenter", "crun",
    *(name for each in EMULATORS for name in each.programs),
)  # fmt: skip
"""Programs that engines and the kinds of isolation use, by the names under which distributions install them."""

_MORE_PROGRAMS: Mapping[EngineKind, tuple[str, ...]] = {
    EngineKind.PODMAN: ("podman", "conmon", "netavark", "aardvark-dns"),
    EngineKind.BUILDKITD: ("buildkitd",),
}
_MORE_DIRECTORIES: Mapping[EngineKind, tuple[str, ...]] = {
    EngineKind.PODMAN: ("/usr/libexec/podman", "/usr/lib/podman"),
}
"""Where distributions put programs that only podman starts (containers.conf(5), helper_binaries_dir)."""

_SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def probe_node(
    state_dir: str,
    *,
    workspaces: tuple[str, ...] = (),
    program_path: tuple[str, ...] = (),
    version_cache: str | None = None,
    only: IsolationKind | None = None,
    kind: EngineKind = EngineKind.DOCKERD,
    network: bool = True,
) -> NodeFacts:
    """Everything that preflight decides from, gathered now.

    Args:
        state_dir: where the agent keeps its state; when it is missing its nearest existing parent is tried instead.
        workspaces: directories that engines are to see with shifted ids.
        program_path: directories in which programs are looked for before PATH.
        version_cache: a directory in which the engine's version is remembered; None asks the engine each time.
        only: the kind of isolation that engines will have, where that is known: what others need is not tried then.
        kind: which engine is looked for.
        network: whether to look at the network, too; it takes a library that is dear to import.

    Returns:
        The facts. What cannot be read counts as not there: deciding what that means is preflight's.
    """
    search_path = (*_search_path(program_path), *_MORE_DIRECTORIES.get(kind, ()))
    programs = find_programs((*ENGINE_PROGRAMS, *_MORE_PROGRAMS.get(kind, ())), search_path)
    question = VersionQuestion(dict(programs).get(kind.value), version_cache)
    try:
        mounts = parse_mountinfo(read_text("/proc/self/mountinfo"))
        process = probe_process()
        if process.uid != 0:
            process = replace(process, new_proc=try_proc_as_user())
        facts = NodeFacts(
            kernel=parse_kernel_release(os.uname().release),
            process=process,
            storage=_probe_storage(nearest_directory(state_dir), workspaces, mounts, process, only),
            cgroups=probe_cgroups(mounts),
            network=_probe_network() if network else NO_NETWORK,
            programs=programs,
            search_path=search_path,
            pasta_version=_pasta_version(dict(programs)) if process.uid != 0 else "",
            machine=os.uname().machine,
        )
    finally:
        # Also when something fails in between: nobody else waits for the program.
        version = question.answer()
    return replace(facts, engine_version=version)


def _probe_network() -> NetworkFacts:
    from dinp.edges.network_probe import probe_network

    return probe_network()


def _pasta_version(programs: Mapping[str, str]) -> str:
    """The first line of `pasta --version`, where it would be used."""
    if "pasta" not in programs or "slirp4netns" in programs:
        return ""
    import subprocess

    said = subprocess.run([programs["pasta"], "--version"], capture_output=True, text=True, check=False)
    return said.stdout.partition("\n")[0]


def _search_path(program_path: tuple[str, ...]) -> tuple[str, ...]:
    listed = (*program_path, *os.environ.get("PATH", "").split(":"), *_SYSTEM_DIRECTORIES)
    return tuple(dict.fromkeys(directory for directory in listed if directory.startswith("/")))


def find_programs(names: tuple[str, ...], search_path: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(name, absolute path) of those programs that are found and may be run, in the order of `names`."""
    found = []
    for name in names:
        for directory in search_path:
            path = f"{directory}/{name}"
            if os.access(path, os.X_OK) and os.path.isfile(path):
                found.append((name, path))
                break
    return tuple(found)


def nearest_directory(path: str) -> str:
    """`path` without links, or the nearest of its parents that exists."""
    path = os.path.realpath(path)
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def probe_process() -> ProcessFacts:
    """Who this process is and what it may do about user namespaces."""
    status = read_text("/proc/self/status")
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    limit = read_text("/proc/sys/user/max_user_namespaces").strip()
    clone = read_text("/proc/sys/kernel/unprivileged_userns_clone").strip()
    return ProcessFacts(
        uid=uid,
        user=user,
        capabilities=parse_effective(status),
        no_new_privileges="NoNewPrivs:\t1" in status,
        uid_map=own_id_map(),
        gid_map=parse_id_map(read_text("/proc/self/gid_map")),
        sub_uids=parse_sub_ids(read_text("/etc/subuid")),
        sub_gids=parse_sub_ids(read_text("/etc/subgid")),
        living=living_ranges(),
        max_user_namespaces=int(limit) if limit.isdigit() else None,
        unprivileged_clone=clone == "1" if clone else None,
        apparmor_restricts=read_text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").strip() == "1",
        rootlesskit_profile=_has_rootlesskit_profile(),
        may_write_tmp=os.access("/tmp", os.W_OK | os.X_OK),
        container=_container(),
    )


def _has_rootlesskit_profile() -> bool:
    """Profiles are named after the path of their program; their text is often for root's eyes only."""
    try:
        return any(name.endswith("rootlesskit") for name in os.listdir("/etc/apparmor.d"))
    except OSError:
        return False


def _container() -> str:
    if "KUBERNETES_SERVICE_HOST" in os.environ or os.path.isdir("/var/run/secrets/kubernetes.io"):
        return "kubernetes"
    for file, name in (("/run/.containerenv", "podman"), ("/.dockerenv", "docker")):
        if os.path.exists(file):
            return name
    return read_text("/run/systemd/container").strip()


def _probe_storage(
    directory: str,
    workspaces: tuple[str, ...],
    mounts: tuple[Mount, ...],
    process: ProcessFacts,
    only: IsolationKind | None,
) -> StorageFacts:
    mount = mount_of(mounts, directory)
    space = os.statvfs(directory)
    overlay, overlay_userns = NOT_TRIED, NOT_TRIED
    shifted: tuple[tuple[str, Trial], ...] = ()
    if process.uid != 0:
        overlay_userns = try_overlay_as_user(directory)
    elif not missing(process.capabilities, (Capability.SYS_ADMIN, Capability.SETUID, Capability.SETGID)):
        if only in (None, IsolationKind.ROOTFUL):
            overlay = try_overlay(directory)
        if only in (None, IsolationKind.USERNS):
            overlay_userns, shifted = _try_as_tenant(directory, workspaces, process)
    return StorageFacts(
        state_dir=directory,
        file_system=mount.kind if mount else "",
        free=space.f_bavail * space.f_frsize,
        overlay=overlay,
        overlay_userns=overlay_userns,
        shifted=shifted,
        fuse=can_open("/dev/fuse"),
    )


def _try_as_tenant(
    directory: str, workspaces: tuple[str, ...], process: ProcessFacts
) -> tuple[Trial, tuple[tuple[str, Trial], ...]]:
    """What works from inside a tenant's user namespace: overlay, and for each directory an idmapped mount."""
    try:
        ids = allocate("", {}, process.living, process.uid_map, promised=process.promised_ids())
        namespace = make_user_namespace(ids)
    except OSError as error:
        return Trial(works=False, error=error.strerror or str(error), errno=error.errno or 1), ()
    except WorldRefusedError as refused:
        return Trial(works=False, error=refused.problems[0].sentence), ()
    try:
        overlay = try_overlay_in(namespace, ids.first, directory)
        return overlay, tuple((each, try_shift(namespace, each)) for each in (directory, *workspaces))
    finally:
        os.close(namespace)
