"""Starts one engine exactly as its launch plan says: groups, namespaces, tree, sockets, exec.

Three processes take part. The agent forks a *builder*, which, still root, joins the engine's control groups, builds
the engine's tree in a mount namespace of its own, and only then enters the tenant's user namespace and unshares the
others. The builder forks the *first process* of the new process id namespace, which mounts what must be mounted from
inside and becomes the engine's init by exec; the builder reports its id and is gone. The agent, a child subreaper
(prctl(2)), is then the engine's parent. Whatever fails is reported over a socket that the exec closes: an empty
answer is the proof that the engine's program runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
from pathlib import Path

from dinp.edges import cgroups, tree
from dinp.edges.linux_syscalls import CLONE_NEWNS, CLONE_NEWUSER, close_on_exec_from, setns, unshare
from dinp.edges.process_events import start_time, wait_for_exit
from dinp.model.launch_plan import LaunchPlan, Namespace
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Never

_FAR = 200  # descriptors are parked above this number before they are laid out from `first_fd` on


class RunningEngine(Value):
    """A started engine.

    Attributes:
        pid: its first process, as the agent sees it; ending it ends everything in its process id namespace.
        pidfd: readable when that process is gone; the holder closes it.
        started: its start time, which together with `pid` identifies it after a restart of the agent.
    """

    pid: int
    pidfd: int
    started: int


def launch(
    plan: LaunchPlan,
    *,
    sockets: tuple[int, ...],
    log: int,
    staging: Path,
    materials: tree.Materials,
) -> RunningEngine:
    """Start the engine.

    Args:
        plan: what to do.
        sockets: listening descriptors, in the order in which the engine gets them.
        log: a descriptor for its standard output and error.
        staging: an empty directory on which its tree is mounted, in its own mount namespace only.
        materials: what its tree is built with, the tenant's user namespace among it (see user_namespaces.py).

    Returns:
        The running engine: its program has been executed.

    Raises:
        WorldRefusedError: some step was refused; nothing of this engine is left.
    """
    group = cgroups.make(plan.cgroup, plan.limits, plan.ids) if plan.cgroup is not None else None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    builder = os.fork()
    if builder == 0:
        try:
            ours.close()
            _build(plan, group, sockets, log, staging, materials, theirs)
        except (OSError, ValueError, KeyError) as error:
            theirs.send(json.dumps({"failed": str(error)}).encode())
        finally:
            os._exit(1)
    theirs.close()
    with ours:
        try:
            if group is not None:
                _join(group, builder)
            ours.send(b"joined")
        except OSError as error:
            # A builder that has failed is gone, and its own words say more than those about its end of the channel.
            wait_for_exit(builder, kill=True)
            return _give_up(plan, (), ours, _last_words(ours) or str(error))
        return _follow(plan, group, builder, ours)


def _follow(
    plan: LaunchPlan,
    group: cgroups.EngineCgroup | None,
    builder: int,
    channel: socket.socket,
) -> RunningEngine:
    """Lead the builder through its steps; see `launch`."""
    pid, failure = builder, "the process that builds the engine's namespaces died without a word"
    built = False
    while message := _receive(channel):
        answer = json.loads(message)
        if "failed" in answer:
            failure = answer["failed"]
            built = False
            break
        if "pid" in answer:
            pid = int(answer["pid"])
            os.waitpid(builder, 0)
        if answer.get("unshared"):
            if group is not None and Namespace.CGROUP in plan.namespaces:
                cgroups.keep_room(group, plan.limits, plan.ids)
            channel.send(b"go")
        built = True
    if built:
        return RunningEngine(pid, os.pidfd_open(pid), start_time(pid) or 0)
    return _give_up(plan, (builder, pid), channel, failure)


def _receive(channel: socket.socket, flags: int = 0) -> bytes:
    """The next message; empty when the builder has closed its end."""
    try:
        return channel.recv(65536, flags)
    except ConnectionResetError:
        # It left something unread, which the kernel tells before what it had sent (unix(7)).
        return channel.recv(65536, flags)


def _last_words(channel: socket.socket) -> str:
    """Why a builder that is gone has failed; empty when it did not say."""
    with contextlib.suppress(OSError):
        while message := _receive(channel, socket.MSG_DONTWAIT):
            answer = json.loads(message)
            if "failed" in answer:
                return str(answer["failed"])
    return ""


def _give_up(plan: LaunchPlan, processes: tuple[int, ...], channel: socket.socket, failure: str) -> Never:
    channel.close()
    for process in set(processes):
        wait_for_exit(process, kill=True)
    if plan.cgroup is not None:
        cgroups.remove(cgroups.directories_of(plan.cgroup))
    raise WorldRefusedError(
        Problem(
            "engine-launch-refused",
            f"The engine of tenant {plan.tenant} could not be started: {failure}.",
            "`dinp preflight` shows what this machine allows and why.",
        )
    )


def _build(
    plan: LaunchPlan,
    group: cgroups.EngineCgroup | None,
    sockets: tuple[int, ...],
    log: int,
    staging: Path,
    materials: tree.Materials,
    channel: socket.socket,
) -> None:
    """The builder's life; never returns normally: it becomes the engine or exits."""
    os.setsid()
    descriptors = _park(sockets)
    hierarchies: tuple[tuple[str, ...], ...] = ()
    leaf: list[cgroups.LateWrite] = []
    if group is not None:
        hierarchies = tuple(hierarchy.controllers for hierarchy, _ in group.hierarchies)
        leaf = _leaf(group) if Namespace.CGROUP in plan.namespaces else []
    if Namespace.MOUNT in plan.namespaces:
        unshare(CLONE_NEWNS)
        tree.keep_mounts_private(follow=plan.follows_mounts)
        root = staging if plan.private_root else Path("/")
        tree.build(root, plan.tree, materials)
        if plan.private_root:
            tree.enter(root)
    else:
        tree.build(Path("/"), plan.tree, materials)
    if channel.recv(16) != b"joined":
        return
    if materials.user_namespace is not None:
        setns(materials.user_namespace, CLONE_NEWUSER)
    flags = sum(namespace.value for namespace in plan.namespaces if namespace is not Namespace.USER)
    if flags:
        unshare(flags)
    for late in leaf:
        late.write()
    if materials.user_namespace is not None:
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    channel.send(json.dumps({"unshared": True}).encode())
    if channel.recv(16) != b"go":
        return
    if Namespace.PID in plan.namespaces:
        first = os.fork()
        if first:
            channel.send(json.dumps({"pid": first}).encode())
            os._exit(0)
    tree.mount_inside(plan.inside, hierarchies)
    _become(plan, descriptors, log)


def _join(group: cgroups.EngineCgroup, builder: int) -> None:
    """Move the builder into the group.

    The kernel takes 10 ms for that (it waits until no processor is in the middle of a fork or an exec), in which the
    builder builds its tree.
    """
    for path in group.directories:
        cgroups.write(path / "cgroup.procs", str(builder))


def _leaf(group: cgroups.EngineCgroup) -> list[cgroups.LateWrite]:
    """How to respect v2's rule that a group with controllers for its children holds no process itself.

    Returns:
        What must wait for the cgroup namespace, whose root is the group itself: to move on into v2's leaf and to
        enable the controllers for the groups of containers.
    """
    leaf = group.unified_leaf
    if leaf is None:
        return []
    controllers = (leaf.parent / "cgroup.controllers").read_text(encoding="ascii").split()
    enable = " ".join(f"+{name}" for name in controllers)
    return [
        cgroups.LateWrite(leaf / "cgroup.procs", "0"),
        cgroups.LateWrite(leaf.parent / "cgroup.subtree_control", enable),
    ]


def _park(sockets: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FAR) for descriptor in sockets)


def _become(plan: LaunchPlan, descriptors: tuple[int, ...], log: int) -> None:
    """Lay out descriptors, reset what Python changed, and exec."""
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    close_on_exec_from(3)
    for offset, descriptor in enumerate(descriptors):
        os.dup2(descriptor, plan.first_fd + offset)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.umask(0o022)
    environment = dict(plan.env) | {"LISTEN_FDS": str(len(descriptors))}
    if plan.listen_pid is not None:
        environment["LISTEN_PID"] = str(plan.listen_pid)
    os.execve(plan.argv[0], plan.argv, environment)
