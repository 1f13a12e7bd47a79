"""Trial mounts on the very directories that engines will use: what the kernel refuses there, no list of facts tells.

Each trial runs in a forked child with a mount namespace of its own, so that nothing it mounts is ever seen or left.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dinp.edges.linux_syscalls import (
    AT_RECURSIVE,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    MS_PRIVATE,
    MS_REC,
    OPEN_TREE_CLONE,
    mount,
    mount_setattr,
    open_tree,
    setns,
    unshare,
)
from dinp.edges.mounts_below import mounted_below
from dinp.model.node_facts import Trial

_PARTS = ("low", "lower", "upper", "work", "merged")


def try_overlay(directory: str) -> Trial:
    """Whether the agent itself can use overlay below `directory`: what a `rootful` engine does."""

    def attempt() -> None:
        unshare(CLONE_NEWNS)
        mount("none", "/", "", MS_REC | MS_PRIVATE)
        _use_overlay("")

    return _in_layers(directory, None, attempt)


def try_overlay_in(user_namespace: int, owner: int, directory: str) -> Trial:
    """Whether overlay works below `directory` from inside a user namespace (`userxattr`, Linux 5.11).

    Args:
        user_namespace: a descriptor of it.
        owner: the id, as the agent sees it, of the namespace's root.
        directory: where the layers are made for the trial; searchable by the agent, nobody else need be able to.
    """

    def attempt() -> None:
        setns(user_namespace, CLONE_NEWUSER)
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        unshare(CLONE_NEWNS)
        mount("none", "/", "", MS_REC | MS_PRIVATE)
        _use_overlay(",userxattr")

    return _in_layers(directory, owner, attempt)


def try_overlay_as_user(directory: str) -> Trial:
    """The same for an ordinary user, in a user namespace that maps only this user: what `rootless` needs."""

    def attempt() -> None:
        _become_root_of_user_namespace(0)
        _use_overlay(",userxattr")

    return _in_layers(directory, None, attempt)


def try_proc_as_user() -> Trial:
    """Whether an ordinary user can mount a proc for process ids of its own: what `rootless` needs, for each build step.

    The kernel refuses it where parts of every proc that is there are covered, as in containers (fs/namespace.c,
    mount_too_revealing).
    """

    def attempt() -> None:
        _become_root_of_user_namespace(CLONE_NEWPID)
        first = os.fork()  # only children are in a process id namespace that was unshared (pid_namespaces(7))
        if first == 0:
            number = 0
            try:
                mount("proc", "/proc", "proc")
            except OSError as error:
                number = error.errno or 1
            finally:
                os._exit(number)
        number = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        if number:
            raise OSError(number, f"mount proc: {os.strerror(number)}")

    return _in_child(None, attempt)


def _become_root_of_user_namespace(more: int) -> None:
    """As an ordinary user, who is its only id; with mounts of its own, and `more` namespaces."""
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | CLONE_NEWNS | more)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def try_shift(user_namespace: int, directory: str) -> Trial:
    """Whether `directory` can be mounted with ids shifted into a user namespace (an idmapped mount, Linux 5.12).

    What is mounted below it must come along; where only that refuses, it is named. The copy of the mounts is never
    attached anywhere and goes with its descriptor.
    """
    trial = _try_shift(user_namespace, directory, recursive=True)
    if trial.works or trial.errno == errno.ENOENT:
        return trial
    for target in mounted_below(directory):
        below = _try_shift(user_namespace, target, recursive=False)
        if not below.works:
            return Trial(works=False, error=f"{target}, which is mounted in it: {below.error}", errno=below.errno)
    return trial


def _try_shift(user_namespace: int, directory: str, *, recursive: bool) -> Trial:
    try:
        tree = open_tree(directory, OPEN_TREE_CLONE | (AT_RECURSIVE if recursive else 0))
        try:
            mount_setattr(tree, user_namespace=user_namespace, recursive=recursive)
        finally:
            os.close(tree)
    except OSError as error:
        return _failed(error)
    return Trial(works=True)


def _failed(error: OSError) -> Trial:
    return Trial(works=False, error=error.strerror or str(error), errno=error.errno or 1)


def _use_overlay(options: str) -> None:
    """Mount an overlay of two lower layers in the working directory, and do with it what an engine does.

    Unmounting an overlay writes back the whole file system below it, which takes seconds on a busy disk; `volatile`
    (Linux 5.10) spares that and changes nothing that is tried here.
    """
    layers = f"lowerdir=lower:low,upperdir=upper,workdir=work{options}"
    try:
        mount("overlay", "merged", "overlay", 0, f"{layers},volatile")
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        mount("overlay", "merged", "overlay", 0, layers)
    os.unlink("merged/removed")
    os.mkdir("merged/made")
    with open("merged/changed", "a", encoding="utf-8") as file:
        file.write("changed")
    # A file system without d_type shows the whiteout of `removed` as a file (Documentation/filesystems/overlayfs.rst).
    if "removed" in os.listdir("merged"):
        raise OSError(errno.EOPNOTSUPP, "the file system does not tell the types of directory entries (d_type)")


def _in_layers(directory: str, owner: int | None, attempt: Callable[[], None]) -> Trial:
    """What happens when a forked child does `attempt` with layers as its working directory."""
    try:
        with _layers(directory, owner) as layers:
            return _in_child(layers, attempt)
    except OSError as error:
        return _failed(error)


@contextmanager
def _layers(directory: str, owner: int | None) -> Iterator[int]:
    """Directories for one overlay below `directory`, with files to remove and to change; removed afterwards."""
    path = f"{directory}/.dinp-trial-{os.getpid()}"
    os.mkdir(path, 0o700)
    try:
        made = [path, *(f"{path}/{part}" for part in _PARTS), f"{path}/lower/removed", f"{path}/low/changed"]
        for each in made[1:-2]:
            os.mkdir(each)
        for each in made[-2:]:
            os.close(os.open(each, os.O_CREAT | os.O_WRONLY, 0o644))
        if owner is not None:
            for each in made:
                os.chown(each, owner, owner)
        descriptor = os.open(path, os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    finally:
        _remove(path)


def _remove(path: str) -> None:
    """Remove a directory with all in it; overlay leaves one without any permission in its work directory."""
    os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                _remove(entry.path)
            else:
                os.unlink(entry.path)
    os.rmdir(path)


def _in_child(working_directory: int | None, attempt: Callable[[], None]) -> Trial:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = "1 the trial ended early"
        try:
            if working_directory is not None:
                os.fchdir(working_directory)
            attempt()
            answer = "0 "
        except OSError as error:
            answer = f"{error.errno or 1} {error.strerror or error}"
        finally:
            os.write(write, answer.encode()[:4000])
            os._exit(0)
    os.close(write)
    with open(read, "rb", closefd=True) as pipe:
        number, _, words = pipe.read().decode(errors="replace").partition(" ")
    os.waitpid(pid, 0)
    return Trial(works=number == "0", error=words, errno=int(number or "1"))
