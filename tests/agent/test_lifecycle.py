"""The life of an engine, told as conversations, and a machine that tries every order of events."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dinp.agent.lifecycle import (
    LONGEST_PAUSE,
    MEASURE_EVERY,
    RESTART_DELAYS,
    RETRY_DELAYS,
    STOP_WITHIN,
    initial,
    step,
)
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

TIMING = Timing(idle_stop_after=60.0, drain_within=30.0)
PROBLEM = Problem("engine-exited", "It ended.", "Look.")
CRASH = EngineExited(PROBLEM)
BAD_START = EngineExited(PROBLEM, by_itself=True)


@dataclass
class Conversation:
    """A state under test: events in, the commands that came out (without what was said)."""

    state: State = field(default_factory=lambda: initial(TIMING, 0.0)[0])
    now: float = 0.0

    def hear(self, *events: Event, after: float = 0.0) -> list[Command]:
        out: list[Command] = []
        self.now += after
        for event in events:
            self.state, commands = step(self.state, event, self.now)
            out += [command for command in commands if not isinstance(command, Say)]
        return out


def ready() -> Conversation:
    engine = Conversation()
    engine.hear(ClientConnected(), EngineAnswered())
    return engine


def test_first_client_starts_the_engine() -> None:
    engine = Conversation()
    assert engine.hear(ClientConnected()) == [StartEngine()]
    assert engine.state.phase is Phase.STARTING
    assert engine.hear(EngineAnswered()) == []
    assert engine.state.phase is Phase.READY


def test_a_second_client_starts_nothing() -> None:
    engine = Conversation()
    engine.hear(ClientConnected())
    assert engine.hear(ClientConnected(), ClientConnected()) == []


def test_idle_engine_is_swapped_away_then_stopped() -> None:
    engine = ready()
    assert engine.hear(TimePassed(), after=MEASURE_EVERY) == [MeasureActivity()]
    assert engine.hear(ActivityMeasured(0, 0)) == []
    assert engine.state.phase is Phase.IDLE
    assert engine.hear(ActivityMeasured(0, 0), after=59.0) == []
    assert engine.hear(ActivityMeasured(0, 0), after=1.0) == [SwapListener(), AwaitClient(), MeasureActivity()]
    assert engine.state.phase is Phase.DRAINING
    assert engine.hear(ActivityMeasured(0, 0)) == [StopEngine()]
    engine.hear(EngineExited(PROBLEM, by_itself=True))
    assert engine.state.phase is Phase.STOPPED
    assert engine.hear(ClientConnected()) == [StartEngine()]


def test_a_client_or_a_container_ends_idleness() -> None:
    for activity in (ActivityMeasured(1, 0), ActivityMeasured(0, 1)):
        engine = ready()
        engine.hear(ActivityMeasured(0, 0))
        engine.hear(activity, after=50.0)
        assert engine.state.phase is Phase.READY
        engine.hear(ActivityMeasured(0, 0), after=50.0)
        assert engine.hear(ActivityMeasured(0, 0), after=50.0) == []


def test_who_slipped_in_before_the_swap_gets_the_listener_back() -> None:
    engine = ready()
    engine.hear(ActivityMeasured(0, 0))
    engine.hear(ActivityMeasured(0, 0), after=60.0)
    assert engine.hear(ActivityMeasured(1, 0)) == [RestoreListener()]
    assert engine.state.phase is Phase.READY


def test_a_client_behind_the_swap_hurries_it() -> None:
    engine = ready()
    engine.hear(ConfigurationChanged(TIMING))
    assert engine.hear(ActivityMeasured(3, 0)) == [AwaitDeparture()]
    assert engine.hear(ClientConnected()) == [MeasureActivity()]
    assert engine.hear(ActivityMeasured(0, 0)) == [StopEngine()]
    assert engine.hear(EngineExited(PROBLEM)) == [StartEngine()]


def test_draining_has_a_bound() -> None:
    engine = ready()
    engine.hear(ConfigurationChanged(TIMING))
    assert engine.hear(ActivityMeasured(1, 0), after=29.9) == [AwaitDeparture()]
    assert engine.state.wake_at == 30.0
    assert engine.hear(ActivityMeasured(1, 0), after=0.1) == [StopEngine()]


def test_the_last_client_to_leave_ends_the_wait() -> None:
    engine = ready()
    engine.hear(ShutdownRequested())
    assert engine.hear(ActivityMeasured(2, 0)) == [AwaitDeparture()]
    assert engine.hear(ClientLeft()) == [MeasureActivity()]
    assert engine.hear(ActivityMeasured(1, 0)) == [AwaitDeparture()]
    assert engine.hear(ClientLeft(), ActivityMeasured(0, 0)) == [MeasureActivity(), StopEngine()]


def test_who_leaves_without_an_event_is_missed_at_the_next_look() -> None:
    engine = ready()
    engine.hear(ShutdownRequested(), ActivityMeasured(1, 0))
    assert engine.state.wake_at == engine.now + MEASURE_EVERY
    assert engine.hear(TimePassed(), after=MEASURE_EVERY) == [MeasureActivity()]


def test_an_engine_that_does_not_end_is_killed() -> None:
    engine = ready()
    engine.hear(ConfigurationChanged(TIMING), ActivityMeasured(0, 0))
    assert engine.state.wake_at == engine.now + STOP_WITHIN
    assert engine.hear(TimePassed(), after=STOP_WITHIN) == [KillEngine()]
    assert engine.hear(CRASH) == [StartEngine()]


def test_a_crash_is_answered_at_once_then_more_and_more_slowly() -> None:
    engine = Conversation()
    engine.hear(ClientConnected())
    assert engine.hear(CRASH) == [StartEngine()]
    for delay in RESTART_DELAYS[1:]:
        assert engine.hear(CRASH) == []
        assert engine.state.wake_at == engine.now + delay
        assert engine.hear(TimePassed(), after=delay) == [StartEngine()]
    assert engine.hear(CRASH) == [RefuseClients(PROBLEM)]
    assert engine.state.phase is Phase.FAILED


def test_an_old_alarm_starts_no_second_engine() -> None:
    """On a slow machine the deadline of `ready` passes while the engine that follows a crash is being started."""
    engine = ready()
    alarm = engine.state.wake_at
    assert alarm is not None
    assert engine.hear(CRASH) == [StartEngine()]
    assert engine.hear(TimePassed(), after=alarm) == []


def test_an_engine_that_serves_is_started_again_however_often_it_is_killed() -> None:
    engine = ready()
    for _ in range(100):
        assert engine.hear(CRASH) in ([], [StartEngine()])
        if engine.state.wake_at is not None:
            assert engine.state.wake_at <= engine.now + LONGEST_PAUSE
            assert engine.hear(TimePassed(), after=LONGEST_PAUSE) == [StartEngine()]
        assert engine.hear(EngineAnswered()) == []


def test_why_the_agent_has_ended_an_engine_is_told_before_the_next_start() -> None:
    engine = ready()
    assert engine.hear(EngineExited(PROBLEM, refuse=True)) == [RefuseClients(PROBLEM)]
    assert engine.hear(TimePassed(), after=RETRY_DELAYS[0]) == [AwaitClient()]
    assert engine.hear(ClientConnected()) == [StartEngine()]


def test_an_engine_that_refuses_to_start_is_tried_twice() -> None:
    engine = Conversation()
    engine.hear(ClientConnected())
    assert engine.hear(BAD_START) == [StartEngine()]
    assert engine.hear(BAD_START) == [RefuseClients(PROBLEM)]


def test_refused_clients_may_try_again_later_and_later() -> None:
    engine = Conversation()
    for delay in (*RETRY_DELAYS, RETRY_DELAYS[-1]):
        assert engine.hear(ClientConnected()) == [StartEngine()]
        assert engine.hear(LaunchRefused(PROBLEM)) == [RefuseClients(PROBLEM)]
        assert engine.state.wake_at == engine.now + delay
        assert engine.hear(TimePassed(), after=delay) == [AwaitClient()]


def test_a_new_configuration_ends_a_refusal_at_once() -> None:
    engine = Conversation()
    engine.hear(ClientConnected(), LaunchRefused(PROBLEM))
    assert engine.hear(ConfigurationChanged(TIMING)) == [AwaitClient()]
    assert engine.hear(ClientConnected()) == [StartEngine()]


def test_a_configuration_that_changes_during_the_start_is_not_lost() -> None:
    engine = Conversation()
    engine.hear(ClientConnected(), ConfigurationChanged(TIMING))
    assert engine.hear(EngineAnswered()) == [SwapListener(), AwaitClient(), MeasureActivity()]
    assert engine.state.purpose is Purpose.RESTART


def test_sockets_move_with_the_swap_that_a_new_configuration_brings() -> None:
    engine = ready()
    assert engine.hear(ConfigurationChanged(TIMING, moved=True)) == [SwapListener(), AwaitClient(), MeasureActivity()]
    assert not engine.state.moved


def test_sockets_that_nobody_serves_move_at_once() -> None:
    assert Conversation().hear(ConfigurationChanged(TIMING, moved=True)) == [SwapListener(), AwaitClient()]
    refusing = Conversation()
    refusing.hear(ClientConnected(), LaunchRefused(PROBLEM))
    assert refusing.hear(ConfigurationChanged(TIMING, moved=True)) == [SwapListener(), AwaitClient()]


def test_sockets_that_move_during_a_start_are_served_first() -> None:
    engine = Conversation()
    engine.hear(ClientConnected(), ConfigurationChanged(TIMING, moved=True), CRASH)
    assert engine.hear(EngineAnswered()) == [SwapListener(), AwaitClient(), MeasureActivity()]


def test_sockets_that_move_while_it_drains_move_when_it_serves_again() -> None:
    engine = ready()
    engine.hear(ConfigurationChanged(TIMING), ConfigurationChanged(TIMING, moved=True), ActivityMeasured(0, 0))
    assert engine.hear(EngineExited(PROBLEM)) == [StartEngine()]
    assert engine.hear(EngineAnswered()) == [SwapListener(), AwaitClient(), MeasureActivity()]


def test_who_slips_in_keeps_no_engine_that_has_the_old_configuration() -> None:
    engine = ready()
    engine.hear(ActivityMeasured(0, 0))
    engine.hear(ActivityMeasured(0, 0), after=60.0)
    engine.hear(ConfigurationChanged(TIMING))
    assert engine.hear(ActivityMeasured(1, 0)) == [AwaitDeparture()]
    engine.hear(ClientLeft(), ActivityMeasured(0, 0))
    assert engine.hear(EngineExited(PROBLEM)) == [StartEngine()]


def test_a_tenant_that_comes_back_while_it_is_taken_away_stays() -> None:
    engine = ready()
    assert engine.hear(ShutdownRequested(Purpose.REMOVED)) == [MeasureActivity()]
    assert engine.hear(ConfigurationChanged(TIMING)) == [SwapListener(), AwaitClient()]
    engine.hear(ActivityMeasured(0, 0))
    assert engine.hear(EngineExited(PROBLEM)) == [StartEngine()]


def test_shutdown_serves_those_who_are_there_on_the_old_listener() -> None:
    engine = ready()
    assert engine.hear(ShutdownRequested()) == [MeasureActivity()]
    assert engine.hear(ActivityMeasured(2, 5), after=10.0) == [AwaitDeparture()]
    assert engine.hear(ActivityMeasured(0, 5), after=10.0) == [StopEngine()]
    assert engine.hear(EngineExited(PROBLEM)) == [Retire()]


def test_shutdown_of_nothing_is_immediate() -> None:
    assert Conversation().hear(ShutdownRequested()) == [Retire()]


class AnyOrder(RuleBasedStateMachine):
    """A small world in which the commands are obeyed; whatever happens in whatever order, it stays sane."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.runs = False
        self.awaiting = False
        self.refusing = False
        self.retired = 0
        self.measuring = False
        self.moves = False
        self.state, commands = initial(TIMING, 0.0)
        self.obey(commands)

    def hear(self, event: Event) -> None:
        self.state, commands = step(self.state, event, self.now)
        self.obey(commands)

    def obey(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case StartEngine():
                    assert not self.runs
                    assert not self.retired
                    self.runs, self.awaiting, self.refusing = True, False, False
                case StopEngine() | KillEngine():
                    assert self.runs
                case AwaitClient():
                    self.awaiting, self.refusing = True, False
                case RefuseClients():
                    assert not self.runs
                    self.awaiting, self.refusing = False, True
                case Retire():
                    assert not self.runs
                    self.retired += 1
                case SwapListener():
                    assert self.runs or self.moves
                case RestoreListener():
                    assert self.runs
                case MeasureActivity():
                    self.measuring = True
                case Say():
                    pass

    @rule(seconds=st.floats(0.0, 100.0))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds
        if self.state.wake_at is not None and self.now >= self.state.wake_at:
            self.hear(TimePassed())

    @rule()
    def an_old_alarm_rings(self) -> None:
        if self.state.wake_at is None or self.now < self.state.wake_at:
            self.hear(TimePassed())

    @precondition(lambda self: self.awaiting and not self.retired)
    @rule()
    def client_comes(self) -> None:
        self.hear(ClientConnected())

    @precondition(lambda self: self.runs)
    @rule()
    def engine_answers(self) -> None:
        self.hear(EngineAnswered())

    @precondition(lambda self: self.runs)
    @rule(by_itself=st.booleans(), refuse=st.booleans())
    def engine_ends(self, by_itself: bool, refuse: bool) -> None:
        self.runs = False
        self.hear(EngineExited(PROBLEM, by_itself, refuse))

    @precondition(lambda self: self.runs and self.state.phase is Phase.STARTING)
    @rule()
    def launch_is_refused(self) -> None:
        self.runs = False
        self.hear(LaunchRefused(PROBLEM))

    @precondition(lambda self: self.measuring)
    @rule(connections=st.integers(0, 3), containers=st.integers(0, 2))
    def activity_is_measured(self, connections: int, containers: int) -> None:
        self.measuring = False
        self.hear(ActivityMeasured(connections, containers))

    @precondition(lambda self: not self.retired)
    @rule(idle=st.one_of(st.none(), st.floats(0.0, 100.0)), drain=st.floats(0.0, 100.0), moved=st.booleans())
    def configuration_changes(self, idle: float | None, drain: float, moved: bool) -> None:
        self.moves = self.moves or moved
        self.hear(ConfigurationChanged(Timing(idle, drain), moved))

    @rule()
    def agent_ends(self) -> None:
        self.hear(ShutdownRequested())

    @invariant()
    def it_is_never_stuck(self) -> None:
        """Whoever comes is served, refused, or waits for something that will happen."""
        if not self.retired:
            assert self.runs or self.awaiting or self.refusing or self.state.wake_at is not None
        assert self.retired <= 1

    @invariant()
    def it_knows_whether_an_engine_runs(self) -> None:
        quiet = {Phase.ABSENT, Phase.STOPPED, Phase.FAILED}
        assert self.runs == (self.state.phase not in quiet and not self.between_attempts())

    def between_attempts(self) -> bool:
        return self.state.phase is Phase.STARTING and self.state.wake_at is not None


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
