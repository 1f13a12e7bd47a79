"""Running a short program with something on its standard input."""

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code (negative: the signal) and what it printed."""

    code: int
    output: str
    errors: str


def run(argv: Sequence[str], given: str = "") -> Ended:
    """Run a program that ends by itself within milliseconds.

    posix_spawn(3) and files in memory: no threads, no pipe that could fill up, and no import of `subprocess` at a time
    when an engine is waited for.

    Raises:
        FileNotFoundError: there is no such program.
    """
    descriptors = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
    try:
        os.write(descriptors[0], given.encode())
        os.lseek(descriptors[0], 0, os.SEEK_SET)
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(descriptors)]
        child = os.posix_spawnp(argv[0], list(argv), os.environ, file_actions=actions)
        _, status = os.waitpid(child, 0)
        return Ended(os.waitstatus_to_exitcode(status), _content(descriptors[1]), _content(descriptors[2]))
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _content(descriptor: int) -> str:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
