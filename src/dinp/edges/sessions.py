"""The processes of an engine that outlive its first one for a moment, by their session (setsid(2)).

rootlesskit's children, the first process of its process id namespace among them, are ended by the kernel when it is
killed (PR_SET_PDEATHSIG), but a little later. Nothing of an engine may be cleaned up before they are gone.
"""

import os

from dinp.edges.process_events import wait_for_exit


def end_session(leader: int) -> None:
    """End every process of the session that `leader` began, and wait until they are gone.

    The kernel gives a process id to nobody else as long as a session has it, so this hits no stranger, also when the
    leader itself is gone.
    """
    for pid in _members(leader):
        wait_for_exit(pid, kill=True)


def _members(leader: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                session = os.getsid(int(name))
            except ProcessLookupError:
                continue
            if session == leader:
                found.append(int(name))
    return found
