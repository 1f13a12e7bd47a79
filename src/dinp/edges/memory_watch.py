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

from dinp.edges.cgroups import ENGINE_CONTAINERS, ENGINE_LEAF
from dinp.edges.process_events import command_line
from dinp.edges.small_files import read_text
from dinp.knowledge.last_words import Largest
from dinp.model.value import Value

_IN_MODIFY = 0x2
_CONTAINER = re.compile(r"(?:^|[/-])([0-9a-f]{12})[0-9a-f]{52}(?:/|$)")
"""`docker/ID`; with a rootless dockerd, which manages no groups but lets runc make some, `ID`; podman's `libpod-ID`."""

_BUILDS = "buildkit"
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
        self._tops = [top for top in tops if top in self._groups]
        self._kills = _kills(self._tops)

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
        # First of all, because the kernel is about to end it.
        place, largest = _largest(self._tops)
        known, self._kills = self._kills, _kills(self._tops)
        killed = {group for group, count in self._kills.items() if count > known.get(group, 0)}
        if killed and place not in killed:
            # It was gone already, and whoever is the largest in another group is innocent.
            container, build = whose(min(killed))
            largest = Largest("", 0, container, build=build)
        return OutOfMemory(self._limit(), largest)

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


def _kills(tops: list[Path]) -> dict[str, int]:
    """How many processes the kernel has ended for want of memory, by group below the engine's own."""
    found: dict[str, int] = {}
    for top in tops:
        for group, _, files in os.walk(top):
            for name in {"memory.events.local", "memory.oom_control"}.intersection(files):
                words = read_text(f"{group}/{name}").split()
                if "oom_kill" in words:
                    found[os.path.relpath(group, top)] = int(words[words.index("oom_kill") + 1])
    return found


def _largest(tops: list[Path]) -> tuple[str, Largest | None]:
    """The process with the most resident memory in an engine's groups, and the place of its group in them."""
    page = os.sysconf("SC_PAGE_SIZE")
    found: tuple[int, int, str] = (0, 0, "")
    for top in tops:
        for group, _, _ in os.walk(top):
            for pid in read_text(f"{group}/cgroup.procs").split():
                words = read_text(f"/proc/{pid}/statm").split()
                if words and words[1] != "0":
                    found = max(found, (int(words[1]) * page, int(pid), os.path.relpath(group, top)))
    resident, pid_number, place = found
    if not pid_number:
        return "", None
    container, build = whose(place)
    return place, Largest(_command(pid_number), resident, container, build=build)


def whose(place: str) -> tuple[str, bool]:
    """What a group below an engine's own is for: a container's short id, or empty, and whether it is a build's step."""
    container = _CONTAINER.search(place)
    if container:
        return container[1], False
    first, *below = place.split("/")
    return "", _BUILDS in (first, *below) or first not in (".", ENGINE_LEAF, ENGINE_CONTAINERS)


def _command(pid: int) -> str:
    """Its command line; its name alone when its memory, where that line stands, is being taken away already."""
    unnamed = f"process {pid}"
    named = command_line(pid).removesuffix(f" ({unnamed})")
    return read_text(f"/proc/{pid}/comm").strip() or unnamed if named == unnamed else named
