"""The end of a process as an event: a pidfd is readable when its process is gone (pidfd_open(2), Linux 5.3)."""

import contextlib
import os
import select
import signal


def wait_for_exit(pid: int, *, kill: bool = False, within: float = 10.0) -> bool:
    """Wait until the process `pid` is gone, whoever its parent is; with `kill`, end it first.

    Args:
        pid: the process; a pid that no longer exists counts as gone.
        kill: whether to send SIGKILL.
        within: seconds to wait at most.

    Returns:
        Whether it is gone.
    """
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if kill:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        readable, _, _ = select.select([pidfd], [], [], within)
        if readable:
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        return bool(readable)
    finally:
        os.close(pidfd)


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks after boot (proc(5), stat field 22): with its pid, its identity."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text.rpartition(")")[2].split()[19])


def command_line(pid: int) -> str:
    """What the process was started as, for sentences that name it; its pid alone when that cannot be read."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return f"process {pid}"
    text = b" ".join(words[:3]).decode(errors="replace").strip()
    return f"{text} (process {pid})" if text else f"process {pid}"
