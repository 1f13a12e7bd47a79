"""User namespaces made by root, kept alive by a descriptor (user_namespaces(7))."""

import os
from pathlib import Path

from dinp.edges.linux_syscalls import CLONE_NEWUSER, unshare
from dinp.model.id_range import IdRange


def make_user_namespace(ids: IdRange) -> int:
    """A new user namespace in which 0 … count-1 are the ids of `ids`.

    A short-lived child unshares it and waits while this process writes the maps; the descriptor keeps the
    namespace alive after the child is gone.

    Returns:
        A descriptor of the namespace, close-on-exec; the caller closes it.

    Raises:
        OSError: the kernel refused; nothing is left behind.
    """
    ready_read, ready_write = os.pipe()
    done_read, done_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        failure = 0
        try:
            os.close(ready_read)
            os.close(done_write)
            unshare(CLONE_NEWUSER)
        except OSError as error:
            failure = error.errno or 1
        os.write(ready_write, bytes([min(failure, 255)]))
        os.read(done_read, 1)
        os._exit(0)
    os.close(ready_write)
    os.close(done_read)
    try:
        answer = os.read(ready_read, 1)
        if answer != b"\0":
            number = answer[0] if answer else 1
            raise OSError(number, f"unshare(CLONE_NEWUSER): {os.strerror(number)}")
        line = f"0 {ids.first} {ids.count}\n"
        Path(f"/proc/{pid}/uid_map").write_text(line, encoding="ascii")
        Path(f"/proc/{pid}/gid_map").write_text(line, encoding="ascii")
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(done_write)
        os.close(ready_read)
        os.waitpid(pid, 0)
