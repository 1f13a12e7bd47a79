"""How much a directory holds on the disk: statvfs(2) for a first impression, `du` beside the agent to be sure."""

import os
import subprocess
from contextlib import suppress


def free_space(directory: str) -> int:
    """Bytes that are free on the directory's file system."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


class DiskUsage:
    """One count; give `fileno()` to a selector for reading and call `advance()` when readable.

    It counts as kubelet does, blocks of each file once. File systems mounted below are left out.
    """

    def __init__(self, directory: str) -> None:
        """Begin to count, with the least priority.

        Raises:
            OSError: there is no `du`.
        """
        argv = ("nice", "-n", "19", "du", "-skx", "--", directory)
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        self._pipe = self._process.stdout
        self._text = b""

    def fileno(self) -> int:
        """For selectors."""
        return self._pipe.fileno()

    def advance(self) -> int | None:
        """Bytes, when the count is complete: at least this much, where files vanished meanwhile. None before."""
        data = os.read(self._pipe.fileno(), 4096)
        self._text += data
        if data:
            return None
        words = self._text.split()
        return int(words[0]) * 1024 if words else 0

    def close(self) -> None:
        """Let the count go, complete or not."""
        self._pipe.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
