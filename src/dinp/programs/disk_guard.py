"""Keeps one engine below its tenant's limit of disk: looks, and removes or reports what agent/disk.py decides."""

from collections.abc import Callable
from contextlib import suppress

from dinp.agent.disk import Verdict, judge, used_up, worth_a_look
from dinp.edges.disk_usage import DiskUsage, free_space
from dinp.edges.engine_request import EngineRequests
from dinp.model.engine_spec import EngineKind
from dinp.model.problem import Problem
from dinp.programs.engine_host import EngineHost

_AGAIN = ("/build/prune?all=true", "/images/prune")
"""What can be made again: the build cache, and images without a name."""
_LEFT_BEHIND = ("/containers/prune", "/volumes/prune")
"""What the end of an engine has left: containers that it took along, with the volumes that only they used."""


class DiskGuard:
    """Of one tenant; `look` as often as it pleases."""

    def __init__(self, host: EngineHost, tenant: str, filled: Callable[[Problem], None]) -> None:
        """`filled` is called when the limit is reached."""
        self._host = host
        self._tenant = tenant
        self._filled = filled
        self._free: int | None = None
        self._count: DiskUsage | None = None
        self._pruning: EngineRequests | None = None
        self._ended_once = False

    def look(self) -> None:
        """Begin to count where that is worth it; what follows comes through the loop."""
        limit = self._host.spec.limits.disk
        if limit is None or self._count is not None or self._pruning is not None:
            return
        data = self._host.store.data_directory(self._tenant)
        free = free_space(data)
        if not worth_a_look(self._free, free, limit):
            return
        self._free = free
        count = DiskUsage(data)
        self._count = count
        self._host.loop.watch(count, lambda: self._advance(count, limit))

    def close(self) -> None:
        """Let go of what is under way."""
        for thing in (self._count, self._pruning):
            if thing is not None:
                self._host.loop.unwatch(thing)
                thing.close()
        self._count = self._pruning = None

    def _advance(self, count: DiskUsage, limit: int) -> None:
        used = count.advance()
        if used is None:
            return
        self._host.loop.unwatch(count)
        count.close()
        self._count = None
        match judge(used, limit):
            case Verdict.USED_UP if not self._ended_once:
                self._ended_once = True
                self._free = None
                problem = used_up(self._tenant, used, limit)
                self._host.last_sentences.happened(problem)
                self._filled(problem)
            case Verdict.SCARCE | Verdict.USED_UP:
                self._prune(used, limit)
            case Verdict.ENOUGH:
                self._ended_once = False

    def _prune(self, used: int, limit: int) -> None:
        # buildkitd keeps its cache below half of the limit itself, and there is nothing else in it.
        builds_only = self._host.spec.kind is EngineKind.BUILDKITD
        then = "buildkitd removes what it can" if builds_only else "the build cache is removed"
        text = f"{used // 2**20} MiB of {limit // 2**20} MiB of disk are used: {then}"
        self._host.log.say(text, tenant=self._tenant, level="warning")
        if builds_only:
            self._ended_once = False
            return
        targets = (*_LEFT_BEHIND, *_AGAIN) if self._ended_once else _AGAIN
        with suppress(OSError):
            self._pruning = EngineRequests(self._host.store.door(self._tenant), targets)
            self._follow(self._pruning)

    def _follow(self, pruning: EngineRequests) -> None:
        descriptor = pruning.fileno()

        def answered() -> None:
            self._host.loop.unwatch(descriptor)
            if pruning.advance():
                pruning.close()
                self._pruning = None
                # What is free now has to be looked at, however little it is.
                self._free = None
                self._ended_once = False
            else:
                self._follow(pruning)

        self._host.loop.watch(descriptor, answered)
