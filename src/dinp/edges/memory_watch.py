"""Hears from the kernel that an engine's memory limit was reached, and looks at once who had the most of it.

cgroup v1 notifies an eventfd that is registered for `memory.oom_control`, before it kills (Linux
Documentation/admin-guide/cgroup-v1/memory.rst, "OOM Control"); v2 changes `memory.events.local` (cgroup-v2.rst). Both
concern the engine's own limits only: a container that reaches the limit of `docker run -m` is dockerd's to tell.
"""

import contextlib
import ctypes
import os
import re
from pathlib import Path

from dinp.edges.cgroups import ENGINE_CONTAINERS
from dinp.edges.process_events import command_line
from dinp.edges.small_files import read_text
from dinp.knowledge.last_words import Largest
from dinp.model.value import Value

_IN_MODIFY = 0x2
_CONTAINER = re.compile(r"/docker/([0-9a-f]{12})[0-9a-f]{52}(/|$)")
_BUILD_STEP = re.compile(r"/docker/buildkit/")
_UNLIMITED = 1 << 60
"""v1 says "none" by a number close to 2^63."""


class OutOfMemory(Value):
    """A limit was reached.

    Attributes:
        limit: bytes of the smallest limit of the engine's groups; None when there is none.
        largest: the process with the most memory then; None when nothing was left to be seen.
    """

    limit: int | None
    largest: Largest | None


class MemoryWatch:
    """Watches one engine's groups; give `fileno()` to a selector for reading and call `look()` when readable."""

    def __init__(self, directories: tuple[str, ...]) -> None:
        """Watch an engine's groups, one directory per hierarchy; hears nothing where none of them limits memory.

        Raises:
            OSError: the kernel refused.
        """
        tops = [Path(directory) for directory in directories]
        groups = [group for top in tops for group in (top, top / ENGINE_CONTAINERS)]
        self._first = [group for group in groups if (group / "memory.oom_control").exists()]
        self._second = [group for group in groups if (group / "memory.events.local").exists()]
        self._groups = [*self._first, *self._second]
        self._descriptor = _notify_of_changes(self._second) if self._second else _register(self._first)
        self._seen = self._count()

    def fileno(self) -> int:
        """For selectors."""
        return self._descriptor

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)

    def look(self) -> OutOfMemory | None:
        """What has happened since the last look; None when it is nothing that matters here."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._descriptor, 65536)
        before, self._seen = self._seen, self._count()
        if self._second and self._seen == before:
            return None
        return OutOfMemory(self._limit(), _largest(self._groups))

    def _count(self) -> int:
        texts = [read_text(f"{group}/memory.events.local") for group in self._second]
        return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("oom "))

    def _limit(self) -> int | None:
        names = ("memory.max", "memory.limit_in_bytes")
        texts = [read_text(f"{group}/{name}").strip() for group in self._groups for name in names]
        limits = [int(text) for text in texts if text.isdigit() and int(text) < _UNLIMITED]
        return min(limits, default=None)


def _register(groups: list[Path]) -> int:
    descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    for group in groups:
        control = os.open(group / "memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
        try:
            (group / "cgroup.event_control").write_text(f"{descriptor} {control}", encoding="ascii")
        finally:
            os.close(control)
    return descriptor


def _notify_of_changes(groups: list[Path]) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    for group in groups:
        libc.inotify_add_watch(descriptor, str(group / "memory.events.local").encode(), _IN_MODIFY)
    return descriptor


def _largest(groups: list[Path]) -> Largest | None:
    """The process with the most resident memory in the groups and all below them."""
    page = os.sysconf("SC_PAGE_SIZE")
    found: tuple[int, int, str] = (0, 0, "")
    for top in groups:
        for group, _, _ in os.walk(top):
            for pid in read_text(f"{group}/cgroup.procs").split():
                words = read_text(f"/proc/{pid}/statm").split()
                if words:
                    found = max(found, (int(words[1]) * page, int(pid), group))
    resident, pid_number, group = found
    if not pid_number:
        return None
    container = _CONTAINER.search(group)
    named = command_line(pid_number).removesuffix(f" (process {pid_number})")
    return Largest(named, resident, container[1] if container else "", build=_BUILD_STEP.search(group) is not None)
