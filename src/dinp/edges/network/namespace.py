"""Doing something inside another network namespace, from a short-lived child: the agent itself never leaves its own."""

import os
import sys
from collections.abc import Callable

from dinp.edges import linux_syscalls


def open_network(pid: int) -> int:
    """A descriptor of the network namespace of a process. Raises OSError when it is gone."""
    return os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def inside(network: int, action: Callable[[], str]) -> str:
    """Run `action` in the namespace behind the descriptor `network`, and return its words.

    It runs in a forked child, which costs one to two milliseconds: were the agent to enter the namespace itself, an
    error on the way back would leave it in a tenant's network.

    Raises:
        OSError: whatever OSError the action met, with its errno and the words of the child.
    """
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        code, said = 1, ""
        try:
            os.close(read_end)
            enter(network)
            said = action()
            code = 0
        except OSError as error:
            said = f"{error.errno or 0} {error.filename or ''} {error.strerror or error}"
        finally:  # the child ends here, whatever happened: it must never return into the agent's loop
            _write_all(write_end, (said if not code else said or f"0 {sys.exception()!r}").encode())
            os._exit(code)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        words = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if status:
        number, _, sentence = words.partition(" ")
        raise OSError(int(number or 0), sentence.strip() or f"the child in the namespace ended with {status}")
    return words


def enter(network: int) -> None:
    """Enter a network namespace for good (setns(2)). Raises OSError."""
    linux_syscalls.setns(network, linux_syscalls.CLONE_NEWNET)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
