"""Keeps one engine below its tenant's limit of disk: looks, and removes or reports what agent/disk.py decides."""

from collections.abc import Callable
from functools import partial

from dinp.agent.disk import PRUNE_WITHIN, Verdict, judge, used_up, worth_a_look
from dinp.edges import listeners
from dinp.edges.disk_usage import DiskUsage, free_space
from dinp.edges.listeners import Listener
from dinp.edges.request_series import RequestSeries
from dinp.engines.all_engines import ENGINES
from dinp.model.engine_command import Readiness
from dinp.model.problem import Problem
from dinp.model.tenant import Tenant
from dinp.programs.engine_host import EngineHost


class DiskGuard:
    """Of one tenant; `look` as often as it pleases while there is an engine, `close` when that has ended.

    It goes on looking while the engine removes something: a tenant who is root in there can let the request unanswered.
    """

    def __init__(
        self, host: EngineHost, tenant: Tenant, serving: Callable[[], Listener], filled: Callable[[Problem], None]
    ) -> None:
        """See the class.

        Args:
            host: what engines share.
            tenant: whose.
            serving: the listener of the tenant that the engine serves.
            filled: called when the limit is reached.
        """
        self._host = host
        self._tenant = tenant
        self._serving = serving
        self._filled = filled
        self._free: int | None = None
        self._count: DiskUsage | None = None
        self._pruning: RequestSeries | None = None
        self._just_pruned = False
        self._ended_once = False
        self._left_behind = 0

    @property
    def crowded(self) -> bool:
        """Whether an engine was ended for the limit, and what it left is still there: the next one needs room."""
        return self._ended_once

    def look(self) -> None:
        """Begin to count where that is worth it; what follows comes through the loop."""
        limit = self._host.spec.limits.disk
        if limit is None or self._count is not None:
            return
        data = self._host.store.data_directory(self._tenant.name)
        free = free_space(data)
        if not worth_a_look(self._free, free, limit):
            return
        self._free = free
        count = DiskUsage(data)
        self._count = count
        self._host.loop.watch(count, lambda: self._advance(count, limit))

    def close(self) -> None:
        """Let go of what is under way."""
        self._stop_counting()
        if self._pruning is not None:
            self._pruning.close()
            self._pruning = None
        self._free = None
        self._just_pruned = False
        self._left_behind = 0

    def _stop_counting(self) -> None:
        if self._count is not None:
            self._host.loop.unwatch(self._count)
            self._count.close()
            self._count = None

    def _advance(self, count: DiskUsage, limit: int) -> None:
        used = count.advance()
        if used is None:
            return
        self._stop_counting()
        after, self._just_pruned = self._just_pruned, False
        of_limit = f"{used // 2**20} MiB of {limit // 2**20} MiB of disk are used"
        match judge(used, limit, self._left_behind):
            case Verdict.USED_UP if self._ended_once and self._pruning is None:
                self._left_behind = used
                self._prune(of_limit)
            case Verdict.USED_UP:
                self._ended_once = True
                problem = used_up(self._tenant.name, used, limit)
                self._host.last_sentences.happened(problem)
                self._filled(problem)
            case Verdict.SCARCE if after:
                # Asked again when the disk has changed.
                self._say(f"{of_limit} still, by what only its owner can remove")
            case Verdict.SCARCE:
                if self._pruning is None:
                    self._prune(of_limit)
            case Verdict.ENOUGH:
                self._ended_once = False
                self._left_behind = 0
                if after:
                    self._say(f"{of_limit} now", "info")

    def _prune(self, of_limit: str) -> None:
        traits = ENGINES[self._host.spec.kind].TRAITS
        self._say(f"{of_limit}: what can be made again is removed")
        requests = (*traits.prune_left_behind, *traits.prune) if self._ended_once else traits.prune
        connect = partial(listeners.connect, self._host.store.door(self._tenant.name))
        if traits.readiness is not Readiness.ANSWER:  # it serves no socket of the agent's own
            connect = partial(listeners.connect, self._tenant.socket.path, self._serving())
        try:
            self._pruning = RequestSeries(self._host.loop, traits.wire, connect, requests, PRUNE_WITHIN, self._pruned)
        except OSError as error:
            self._pruned(str(error))

    def _pruned(self, failure: str) -> None:
        if failure:
            self._say(f"not all that can be made again could be removed: {failure}")
        self._pruning = None
        self._ended_once = False
        self._left_behind = 0
        # What is free now has to be looked at, however little it is.
        self._just_pruned = True
        self._free = None
        self._stop_counting()
        self.look()

    def _say(self, text: str, level: str = "warning") -> None:
        self._host.log.say(text, tenant=self._tenant.name, level=level)
