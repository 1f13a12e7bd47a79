"""`python -m testbed.machine.start DESCRIPTION READY_FD`: joins the machine's cgroups, becomes its init.

The cgroups come first: a cgroup namespace's root is where its first process is when the namespace is made.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from testbed.machine import cgroups
from testbed.machine.description import Description


def main() -> None:
    """Does not return."""
    description, ready = sys.argv[1:3]
    machine = Description.read(Path(description))
    cgroups.join(machine.name, os.getpid())
    namespaces = ("--mount", "--net", "--pid", "--cgroup", "--uts", "--ipc")
    init = (sys.executable, "-m", "testbed.machine.init", description, ready)
    os.execvp("unshare", ("unshare", *namespaces, "--fork", "--kill-child=KILL", "--", *init))


if __name__ == "__main__":
    main()
