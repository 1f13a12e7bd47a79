"""A proc and a sysfs that tell nothing of the machine, to lie underneath an engine's own.

A user namespace may mount proc and sysfs only where it can see complete ones (mount_too_revealing() in the kernel's
fs/namespace.c). Were these the machine's, whoever is root in the engine could unmount what lies on top and read every
process's command line. So the ones underneath belong to a process id and a network namespace that nobody lives in.
"""

import os
import socket
from contextlib import suppress

from dinp.edges.linux_syscalls import CLONE_NEWNET, CLONE_NEWPID, new_mount, unshare
from dinp.model.value import Value


class BlankMounts(Value):
    """Detached mounts, by descriptor; each can be attached once (copying a detached mount takes Linux 6.15)."""

    proc: int
    sysfs: int

    def close(self) -> None:
        """Let them go; what was attached from them stays."""
        os.close(self.proc)
        os.close(self.sysfs)


class BlankMountsInTheMaking:
    """Both mounts, being made by a process that is gone when they are taken: namespaces take the kernel a while."""

    def __init__(self) -> None:
        """Begin."""
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._child = os.fork()
        if self._child == 0:
            self._ours.close()
            _make_in_namespaces(theirs)
        theirs.close()

    def take(self) -> BlankMounts:
        """Wait for them, once.

        Raises:
            OSError: the kernel refused.
        """
        with self._ours:
            answer, descriptors, _, _ = socket.recv_fds(self._ours, 16, 2)
        with suppress(ChildProcessError):  # whoever collects orphans may have been quicker
            os.waitpid(self._child, 0)
        if not descriptors:
            number = int(answer or b"1")
            raise OSError(number, f"a blank proc and sysfs: {os.strerror(number)}")
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        proc, sysfs = descriptors
        return BlankMounts(proc, sysfs)


def _make_in_namespaces(channel: socket.socket) -> None:
    """In the child: its own child is the first process of the new process id namespace, whose proc it mounts."""
    try:
        unshare(CLONE_NEWPID | CLONE_NEWNET)
        first = os.fork()
        if first == 0:
            socket.send_fds(channel, [b"0"], [new_mount("proc"), new_mount("sysfs")])
            os._exit(0)
        os.waitpid(first, 0)
    except OSError as error:
        channel.send(str(error.errno).encode())
    finally:
        os._exit(0)
