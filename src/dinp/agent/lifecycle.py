"""The life of one tenant's engine, as a pure state machine: `step(state, event, now) -> (state, commands)`.

    absent ──client──▶ starting ──answers──▶ ready ◀──activity──▶ idle
                        ▲   │  ▲               │                   │ quiet for long enough
               retry or │   │  └──── crash ────┘                   ▼
               a client │   └──refused──▶ failed                draining ──▶ stopping ──exited──▶ stopped
                        └──────────────────────────────────────────────────────client────────────────┘

`step` is the table: one case for each pair of phase and event that means something; any other pair changes nothing.
"""

from dinp.agent.vocabulary import (
    ActivityMeasured,
    AwaitClient,
    AwaitDeparture,
    ClientConnected,
    ClientLeft,
    Command,
    ConfigurationChanged,
    EngineAnswered,
    EngineExited,
    Event,
    KillEngine,
    LaunchRefused,
    MeasureActivity,
    Phase,
    Purpose,
    RefuseClients,
    RestoreListener,
    Retire,
    Say,
    ShutdownRequested,
    StartEngine,
    State,
    StopEngine,
    SwapListener,
    TimePassed,
    Timing,
)
from dinp.model.problem import Problem
from dinp.model.value import replace

MEASURE_EVERY = 5.0
"""Seconds between two looks at a tenant's connections; never more often (arrivals and departures are events anyway)."""

RESTART_DELAYS = (0.0, 0.2, 1.0, 3.0, 10.0)
"""Seconds before the first, second … restart of an engine that keeps crashing while it starts."""

LONGEST_PAUSE = 1.0
"""Seconds at most before the restart of an engine that had served: its clients wait, they are never refused."""

CALM = 60.0
"""Seconds of service after which a crash no longer counts as one in a row."""

RETRY_DELAYS = (5.0, 10.0, 30.0, 60.0)
"""Seconds for which clients are refused after an engine could not be started, before the next client may try again."""

STOP_WITHIN = 20.0
"""Seconds that an engine gets to end after SIGTERM, before SIGKILL (dockerd gives its containers 15)."""

Result = tuple[State, tuple[Command, ...]]


def initial(timing: Timing, now: float) -> Result:
    """A tenant whose listener is open and whose engine does not exist."""
    return State(Phase.ABSENT, timing, since=now), (AwaitClient(),)


def step(state: State, event: Event, now: float) -> Result:
    """What follows from one event: the next state, and what to do, in order."""
    match state.phase, event:
        # An alarm of an earlier state: what else came in the same turn of the loop may have taken long.
        case (_, TimePassed()) if state.wake_at is None or now < state.wake_at:
            return state, ()

        # It is over.
        case (Phase.STOPPED, _) if state.retired:
            return state, ()

        # Nothing runs.
        case (Phase.ABSENT | Phase.STOPPED, ClientConnected()):
            return _start(state, now)
        case (Phase.ABSENT | Phase.STOPPED, ConfigurationChanged(timing, moved)):
            return replace(state, timing=timing), _elsewhere(moved)
        case (Phase.ABSENT | Phase.STOPPED | Phase.FAILED, ShutdownRequested(purpose)):
            return _retire(replace(state, purpose=purpose), now)

        # It is being started.
        case (Phase.STARTING, EngineAnswered()) if state.outdated or state.moved:
            return _drain(state, Purpose.RESTART, now)
        case (Phase.STARTING, ConfigurationChanged(timing, moved)):
            return replace(state, timing=timing, outdated=state.wake_at is None, moved=moved), ()
        case (Phase.STARTING, EngineAnswered()):
            ready = _enter(replace(state, failures=0), Phase.READY, now, MEASURE_EVERY)
            return ready, (Say(f"ready after {now - state.since:.2f} s"),)
        case (Phase.STARTING, LaunchRefused(problem)):
            return _fail(state, problem, now)
        case (Phase.STARTING | Phase.READY | Phase.IDLE, EngineExited(problem, refuse=True)):
            return _fail(state, problem, now)
        case (Phase.STARTING, EngineExited(problem, by_itself)):
            return _fail(state, problem, now) if by_itself and state.crashes else _crashed(state, problem, now)
        case (Phase.STARTING, TimePassed()):
            return _start(state, now)
        case (Phase.STARTING, ShutdownRequested(purpose)) if state.wake_at is not None:
            return _retire(replace(state, purpose=purpose), now)

        # It serves.
        case (Phase.READY | Phase.IDLE, EngineExited(problem)):
            return _died(replace(state, crashes=0) if now - state.since > CALM else state, problem, now)
        case (Phase.READY | Phase.IDLE, ActivityMeasured(connections, containers)):
            return _measured(state, connections + containers > 0, now)
        case (Phase.READY | Phase.IDLE, TimePassed()):
            return replace(state, wake_at=now + MEASURE_EVERY), (MeasureActivity(),)
        case (Phase.READY | Phase.IDLE, ConfigurationChanged(timing)):
            return _drain(replace(state, timing=timing), Purpose.RESTART, now)

        # Its last clients are let finish.
        case (Phase.DRAINING, ActivityMeasured(connections, containers)):
            return _drained(state, connections, containers, now)
        case (Phase.DRAINING, ClientConnected()):
            return replace(state, clients_wait=True), (MeasureActivity(),)
        case (Phase.DRAINING, ClientLeft()):
            return state, (MeasureActivity(),)
        case (Phase.DRAINING, TimePassed()):
            return replace(state, wake_at=now + MEASURE_EVERY), (MeasureActivity(),)
        case (Phase.DRAINING | Phase.STOPPING, ConfigurationChanged(timing)) if state.retired:
            # Its tenant is back.
            kept = replace(state, timing=timing, retired=False, purpose=Purpose.RESTART, clients_wait=False)
            return kept, (SwapListener(), AwaitClient())
        case (Phase.DRAINING | Phase.STOPPING, ConfigurationChanged(timing, moved)):
            # As idle it may be taken back, which must not keep an engine that has the old configuration.
            idle = state.phase is Phase.DRAINING and state.purpose is Purpose.IDLE
            return replace(state, timing=timing, moved=moved, purpose=Purpose.RESTART if idle else state.purpose), ()
        case (Phase.DRAINING, EngineExited()):
            return _stopped(state, now)

        # It has been told to end.
        case (Phase.STOPPING, ClientConnected()):
            return replace(state, clients_wait=True), ()
        case (Phase.STOPPING, TimePassed()):
            return replace(state, wake_at=None), (Say("it did not end in time and is killed", "warning"), KillEngine())
        case (Phase.STOPPING, EngineExited()):
            return _stopped(state, now)

        # It cannot be started.
        case (Phase.FAILED, TimePassed()):
            calm = replace(state, moved=False)
            return _enter(calm, Phase.STOPPED, now), _elsewhere(state.moved) or (AwaitClient(),)
        case (Phase.FAILED, ConfigurationChanged(timing, moved)):
            calm = replace(state, timing=timing, failures=0, moved=False)
            return _enter(calm, Phase.STOPPED, now), _elsewhere(moved) or (AwaitClient(),)

        # The agent ends, or the tenant was taken away.
        case (Phase.STARTING | Phase.READY | Phase.IDLE, ShutdownRequested(purpose)):
            return _drain(state, purpose, now)
        case (Phase.DRAINING | Phase.STOPPING, ShutdownRequested(purpose)):
            return replace(state, retired=True, purpose=purpose), ()

        case _:
            return state, ()


def _enter(state: State, phase: Phase, now: float, wake_in: float | None = None) -> State:
    return replace(state, phase=phase, since=now, wake_at=None if wake_in is None else now + wake_in)


def _elsewhere(moved: bool) -> tuple[Command, ...]:
    """What to do when nothing runs and clients are to come to other sockets."""
    return (SwapListener(), AwaitClient()) if moved else ()


def _start(state: State, now: float) -> Result:
    fresh = replace(state, problem=None, purpose=None, clients_wait=False, outdated=False)
    return _enter(fresh, Phase.STARTING, now), (StartEngine(),)


def _fail(state: State, problem: Problem, now: float) -> Result:
    delay = RETRY_DELAYS[min(state.failures, len(RETRY_DELAYS) - 1)]
    failed = _enter(replace(state, problem=problem, failures=state.failures + 1, crashes=0), Phase.FAILED, now, delay)
    return failed, (Say(f"clients are refused for {delay:.0f} s: {problem}", "error"), RefuseClients(problem))


def _crashed(state: State, problem: Problem, now: float) -> Result:
    """Start it again while clients wait in the queue; give up on one that never serves."""
    if state.crashes >= len(RESTART_DELAYS):
        return _fail(state, problem, now)
    return _restart(state, problem, RESTART_DELAYS[state.crashes], now)


def _died(state: State, problem: Problem, now: float) -> Result:
    """Start one that served again, however often: whoever killed it may have had reasons, its clients have none."""
    served = replace(state, crashes=min(state.crashes, len(RESTART_DELAYS) - 1))
    return _restart(served, problem, min(RESTART_DELAYS[served.crashes], LONGEST_PAUSE), now)


def _restart(state: State, problem: Problem, delay: float, now: float) -> Result:
    crashed = replace(state, crashes=state.crashes + 1)
    if delay == 0:
        again, commands = _start(crashed, now)
        return again, (Say(f"it ended unexpectedly and is started again: {problem}", "warning"), *commands)
    waiting = _enter(crashed, Phase.STARTING, now, delay)
    return waiting, (Say(f"it ended unexpectedly and is started again in {delay:g} s: {problem}", "warning"),)


def _measured(state: State, busy: bool, now: float) -> Result:
    limit = state.timing.idle_stop_after
    if busy:
        since = now if state.phase is Phase.IDLE else state.since
        return replace(state, phase=Phase.READY, since=since, crashes=0, wake_at=now + MEASURE_EVERY), ()
    if state.phase is Phase.READY:
        return _enter(state, Phase.IDLE, now, MEASURE_EVERY if limit is None else min(MEASURE_EVERY, limit)), ()
    if limit is None or now - state.since < limit:
        return replace(state, wake_at=now + MEASURE_EVERY), ()
    return _drain(state, Purpose.IDLE, now)


def _drain(state: State, purpose: Purpose, now: float) -> Result:
    """New clients queue on a fresh listener, except when nobody will serve it."""
    shutdown = purpose in {Purpose.SHUTDOWN, Purpose.REMOVED}
    draining = replace(
        _enter(state, Phase.DRAINING, now, MEASURE_EVERY),
        purpose=purpose,
        waits_for=None,
        clients_wait=False,
        moved=False,
        retired=state.retired or shutdown,
    )
    if shutdown:
        return draining, (MeasureActivity(),)
    return draining, (SwapListener(), AwaitClient(), MeasureActivity())


def _drained(state: State, connections: int, containers: int, now: float) -> Result:
    waited = now - state.since
    if connections == 0 and (containers == 0 or state.purpose is not Purpose.IDLE):
        stopping = _enter(state, Phase.STOPPING, now, STOP_WITHIN)
        reason = state.purpose.value if state.purpose is not None else ""
        return stopping, (Say(f"is stopped: {reason}"), StopEngine())
    if state.purpose is Purpose.IDLE and not state.clients_wait:
        # Someone slipped in between the last look and the swap, and nobody queues behind: take the swap back.
        ready = replace(_enter(state, Phase.READY, now, MEASURE_EVERY), purpose=None)
        return ready, (RestoreListener(),)
    if waited >= state.timing.drain_within:
        stopping = _enter(state, Phase.STOPPING, now, STOP_WITHIN)
        text = f"is stopped although {connections} clients are connected: {waited:.0f} s of waiting are over"
        return stopping, (Say(text, "warning"), StopEngine())
    left = state.timing.drain_within - waited
    who = (connections, containers)
    waiting = replace(state, waits_for=who, wake_at=now + min(MEASURE_EVERY, left))
    if who == state.waits_for:
        return waiting, (AwaitDeparture(),)
    text = f"waits for {connections} clients and {containers} containers, at most {left:.0f} s more"
    return waiting, (Say(text), AwaitDeparture())


def _stopped(state: State, now: float) -> Result:
    if state.retired:
        return _retire(state, now)
    if state.clients_wait or state.purpose is Purpose.RESTART:
        return _start(state, now)
    calm = replace(state, purpose=None, crashes=0, moved=False)
    # Its clients have been awaited on the fresh listener since the swap.
    return _enter(calm, Phase.STOPPED, now), _elsewhere(state.moved)


def _retire(state: State, now: float) -> Result:
    return replace(_enter(state, Phase.STOPPED, now), retired=True), (Retire(),)
