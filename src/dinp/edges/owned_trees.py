"""Removes trees in which files belong to an ordinary user's sub-ids: the user is root over them in a user namespace.

A rootless engine leaves such files in its data-root. The user may map those ids with newuidmap(1) and newgidmap(1), as
rootlesskit did when the files were made.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from dinp.edges.linux_syscalls import CLONE_NEWUSER, unshare
from dinp.edges.small_files import read_text
from dinp.model.id_maps import SubIds, parse_sub_ids
from dinp.model.problem import Problem, WorldRefusedError


def remove_tree(tree: Path) -> None:
    """Remove a directory with everything in it, whoever of ours it belongs to.

    Raises:
        WorldRefusedError: something in it belongs to somebody else, or the user's sub-ids cannot be mapped.
        OSError: a file system refused.
    """
    try:
        shutil.rmtree(tree)
    except PermissionError:
        if os.geteuid() == 0:
            raise
        _remove_as_root_of_sub_ids(tree)


def _remove_as_root_of_sub_ids(tree: Path) -> None:
    ready, tell_ready = os.pipe()
    mapped, tell_mapped = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(tell_mapped)
            unshare(CLONE_NEWUSER)
            os.write(tell_ready, b"1")
            if os.read(mapped, 1):
                os.setresgid(0, 0, 0)
                os.setresuid(0, 0, 0)
                shutil.rmtree(tree)
                code = 0
        except OSError as error:
            os.write(2, f"dinp: {error}\n".encode())
        finally:
            os._exit(code)
    os.close(tell_ready)
    os.close(mapped)
    try:
        with os.fdopen(tell_mapped, "wb", buffering=0) as mapping:
            if os.read(ready, 1):
                _map(pid)
                mapping.write(b"1")
    finally:
        os.close(ready)
        _, status = os.waitpid(pid, 0)
    if status:
        raise _refusal(tree, "the kernel refused; see the line before")


def _map(pid: int) -> None:
    """The user as root, then all of the user's sub-ids, as rootlesskit maps them (pkg/parent/parent.go)."""
    user, uid = _name(), os.getuid()
    for program, file, own in (("newuidmap", "/etc/subuid", uid), ("newgidmap", "/etc/subgid", os.getgid())):
        words, inside = ["0", str(own), "1"], 1
        for entry in _of(user, uid, parse_sub_ids(read_text(file))):
            words += [str(inside), str(entry.ids.first), str(entry.ids.count)]
            inside += entry.ids.count
        done = subprocess.run([program, str(pid), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise _refusal(Path(file), done.stderr.strip())


def _of(user: str, uid: int, entries: tuple[SubIds, ...]) -> list[SubIds]:
    return [entry for entry in entries if entry.owner in (user, str(uid))]


def _name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _refusal(what: Path, why: str) -> WorldRefusedError:
    return WorldRefusedError(
        Problem(
            "sub-ids-not-removed",
            f"Files of a rootless engine could not be removed ({what}): {why}.",
            "Look at the user's lines in /etc/subuid and /etc/subgid; as root, the directory can be removed by hand.",
        )
    )
