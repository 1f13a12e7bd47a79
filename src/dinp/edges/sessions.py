"""The processes of an engine that outlive its first one for a moment, by their session (setsid(2)).

rootlesskit's children, the first process of its process id namespace among them, are ended by the kernel when it is
killed (PR_SET_PDEATHSIG), but a little later. Nothing of an engine may be cleaned up before they are gone.
"""

import os

from dinp.edges.process_events import wait_for_exit
from dinp.edges.small_files import read_text


def end_session(leader: int, run: str) -> None:
    """End every other process of the session that `leader` began, and wait until they are gone.

    The leader must not have been reaped yet: until then the kernel gives its number to nobody else. A helper that
    begins a session of its own (pasta) is known by `--pid=` with a file in `run`, the tenant's directory for run-time
    files.
    """
    for pid in _members(leader, f"--pid={run}/"):
        wait_for_exit(pid, kill=True)


def _members(leader: int, mark: str) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                session = os.getsid(int(name))
            except ProcessLookupError:
                continue
            if (session == leader and int(name) != leader) or any(
                word.startswith(mark) for word in read_text(f"/proc/{name}/cmdline").split("\0")
            ):
                found.append(int(name))
    return found
