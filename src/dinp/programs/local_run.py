"""`dinp run`: one tenant, one command; the engine starts with the command's first connection and goes with it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from dinp.agent.vocabulary import Phase, Timing
from dinp.edges import local_places, tenant_doors
from dinp.edges.agent_log import AgentLog
from dinp.edges.child_command import FORWARDED, ChildCommand
from dinp.edges.event_loop import EventLoop, reap_orphans
from dinp.edges.interruption import ENDING, Interrupted, interruptible, minded, postponed
from dinp.edges.linux_syscalls import PR_SET_CHILD_SUBREAPER, prctl
from dinp.edges.local_places import LocalPlace
from dinp.edges.owned_trees import remove_tree
from dinp.edges.progress import Progress
from dinp.edges.state_store import StateStore
from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_spec import EngineSpec
from dinp.model.problem import BadInputError, Problem
from dinp.model.tenant import Tenant, Workspace
from dinp.model.value import Value
from dinp.programs.engine_host import EngineHost
from dinp.programs.look import FirstLook
from dinp.programs.tenant_runtime import TenantRuntime
from dinp.topologies.local import UNSET, client_environment

TENANT = "local"


class RunRequest(Value):
    """What `dinp run` was asked for.

    Attributes:
        argv: the command.
        spec: the engine for it.
        keep: a name under which the engine's cache is kept, or None.
        workspaces: directories that the engine sees at the same path.
        environment: the caller's.
    """

    argv: Sequence[str]
    spec: EngineSpec
    keep: str | None
    workspaces: tuple[Workspace, ...]
    environment: Mapping[str, str]


def run_locally(request: RunRequest, log: AgentLog, progress: Progress) -> int:
    """Run the command with an engine of its own.

    Returns:
        The command's exit code, or 128 and the number of the signal that ended it.

    Raises:
        DinpError: no engine can be had here, or the command cannot be started; nothing is left behind.
    """
    try:
        with interruptible(ENDING):
            clean_up_after_the_killed(log)
            return _run(request, log, progress)
    except Interrupted as interrupted:
        return 128 + interrupted.number


def _run(request: RunRequest, log: AgentLog, progress: Progress) -> int:
    place = local_places.new_place(request.keep)
    with ExitStack() as held:
        if request.keep is None:
            with postponed():
                # Nobody else wants it, but for a moment somebody who cleans up may take it for one that was left.
                held.enter_context(local_places.held(place, wait=True))
                held.callback(_forget, place)
        else:
            _wait_for(place, held, progress)
        return _LocalRun(request, place, log, progress).run()


def _wait_for(place: LocalPlace, held: ExitStack, progress: Progress) -> None:
    """Have a kept place for oneself, until `held` is closed."""
    holder = held.enter_context(local_places.held(place, wait=False))
    if holder is not None:
        progress.note(f"waiting for {holder}, which uses the engine {place.kept!r}")
        held.enter_context(local_places.held(place, wait=True))


def forget_kept(name: str, log: AgentLog, progress: Progress) -> int:
    """Remove the cache that was kept under a name, when nobody uses it any more.

    Returns:
        0, or 128 and the number of the signal that ended it; what is left then is removed by the next attempt.

    Raises:
        BadInputError: nothing is kept under that name; the sentence says what is.
        WorldRefusedError: something in it is not this user's.
    """
    place = local_places.new_place(name)
    kept = sorted(each.kept for each in local_places.kept_places() if each.state.is_dir())
    if name not in kept:
        others = f"Kept are {', '.join(kept)}." if kept else "Nothing is kept at all."
        raise BadInputError(
            Problem("nothing-kept", f"Nothing is kept for {name!r} below {place.state.parent}.", others)
        )
    try:
        with interruptible(ENDING), ExitStack() as held:
            clean_up_after_the_killed(log)
            _wait_for(place, held, progress)
            progress.step(f"removing what was kept for {name!r}")
            _forget(place)
            progress.done()
            return 0
    except Interrupted as interrupted:
        return 128 + interrupted.number


def clean_up_after_the_killed(log: AgentLog) -> None:
    """Remove what runs left behind that were killed before they could do it themselves.

    Of a kept place only what runs is ended: its cache is what it is kept for.
    """
    for place in local_places.unfinished_places():
        with local_places.held(place, wait=False) as holder:
            if holder is None:
                if place.state.is_dir():  # and was not removed by another run in the meantime
                    log.say(f"cleaning up after a run that was killed ({place.state.name})")
                    _take_over_all(StateStore(str(place.state)))
                _forget(place)
    for place in local_places.kept_places():
        store = StateStore(str(place.state))
        if store.leases():
            with local_places.held(place, wait=False) as holder:
                if holder is None:
                    log.say(f"ending the engine of a run that was killed (--keep {place.kept})")
                    _take_over_all(store)


def _take_over_all(store: StateStore) -> None:
    leases = store.leases()
    if leases:
        from dinp.programs.leftovers import take_over

        take_over(store, leases, ())


def _forget(place: LocalPlace) -> None:
    with postponed():
        if place.state.is_dir():
            remove_tree(place.state)
        local_places.forget(place)


class _LocalRun:
    """One run, while it lasts."""

    def __init__(self, request: RunRequest, place: LocalPlace, log: AgentLog, progress: Progress) -> None:
        self._request = request
        self._loop = EventLoop()
        self._store = StateStore(str(place.state))
        socket = UnixEndpoint(str(place.socket), mode=0o600)
        self._tenant = Tenant(TENANT, socket, workspaces=request.workspaces)
        self._first_look = FirstLook(self._store.root, request.spec, (self._tenant,))
        self._host = EngineHost(self._loop, self._store, log, request.spec, self._first_look)
        self._host.tenants, self._host.progress = (self._tenant,), progress.step
        self._place = place
        self._kill: Callable[[], None] = lambda: None
        self._progress = progress

    def run(self) -> int:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        with ExitStack() as ending:
            ending.callback(self._first_look.abandon)
            ending.enter_context(self._store.locked())
            _take_over_all(self._store)
            self._host.choices_for(self._tenant)
            doors = tenant_doors.open_doors(self._tenant)
            ending.callback(tenant_doors.remove, doors)
            timing = Timing(idle_stop_after=None, drain_within=self._request.spec.drain_within)
            runtime = TenantRuntime(self._host, self._tenant, timing, doors)
            runtime.begin()
            # From here on a signal waits for the loop: it is the command's, once there is one.
            watched = (*minded(FORWARDED), signal.SIGCHLD)
            self._loop.watch_signals(watched, lambda number: self._signalled(command, number))
            command = ChildCommand(self._request.argv, self._environment())
            ending.callback(command.close)
            self._loop.watch(command, command.follow)
            self._host.warm_up()
            while command.code is None:
                self._turn(runtime)
            self._loop.unwatch(command)
            self._end(runtime)
            self._loop.close()
            return command.code

    def _turn(self, runtime: TenantRuntime) -> None:
        wake_at = runtime.state.wake_at
        self._loop.run_once(wake_at)
        if wake_at is not None and self._loop.now() >= wake_at:
            runtime.time_passed()

    def _signalled(self, command: ChildCommand, number: int) -> None:
        if number == signal.SIGCHLD:
            # Once it has been collected, its number may be anybody's.
            reap_orphans(self._host.engine_pids() | ({command.pid} if command.code is None else set()))
            command.follow()
        elif command.code is None:
            command.forward(number)
        elif number in ENDING:
            # Nobody else is left whom it could mean: who waits for the engine's end has waited long enough.
            self._kill()

    def _end(self, runtime: TenantRuntime) -> None:
        """The command is done: a kept engine ends in peace, or by a signal; any other at once."""
        self._kill = runtime.kill
        runtime.shut_down()
        if self._request.keep is None:
            runtime.kill()
        elif not runtime.retired:
            self._progress.step("stopping the engine, keeping its cache")
            if runtime.state.phase is Phase.DRAINING:
                bound = self._request.spec.drain_within
                self._progress.note(
                    f"clients are still connected to the engine: waits at most {bound:g} s for them;"
                    " Ctrl-C or SIGTERM ends it at once"
                )
        while not runtime.retired:
            self._turn(runtime)
        self._progress.done()

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self._request.environment.items() if name not in UNSET}
        return kept | client_environment(self._tenant, self._request.spec.kind)
