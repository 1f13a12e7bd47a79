"""One tenant at run time: performs what the lifecycle commands and reports back what came of it."""

import contextlib
import signal
from collections import deque
from dataclasses import dataclass

from dinp.agent.lifecycle import initial, step
from dinp.agent.vocabulary import (
    ActivityMeasured,
    AwaitClient,
    ClientConnected,
    Command,
    ConfigurationChanged,
    EngineAnswered,
    EngineExited,
    Event,
    KillEngine,
    LaunchRefused,
    MeasureActivity,
    Phase,
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
from dinp.edges import listeners
from dinp.edges.listeners import Listener
from dinp.model.problem import DinpError, Problem
from dinp.model.tenant import Tenant
from dinp.programs.engine_host import EngineHost
from dinp.programs.engine_run import EngineRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dinp.edges.refusal import RefusedClient


class TenantRuntime:
    """A tenant, its listener, and its engine while there is one.

    Attributes:
        tenant: whose.
        listener: the socket at the tenant's path, on which new clients arrive.
        retired: whether nothing of it is left.
    """

    def __init__(self, host: EngineHost, tenant: Tenant, timing: Timing, listener: Listener) -> None:
        """Take over an open listener; call `begin` when the loop is about to run."""
        self.tenant = tenant
        self.listener = listener
        self.retired = False
        self._host = host
        self._serving: Listener | None = None
        self._run: EngineRun | None = None
        self._refused: set[RefusedClient] = set()
        self._events: deque[Event] = deque()
        self._busy = False
        self._state, commands = initial(timing, host.loop.now())
        self._first = commands

    @property
    def state(self) -> State:
        """Where its engine is in its life."""
        return self._state

    def begin(self) -> None:
        """Watch for the first client."""
        self._perform_all(self._first)

    def configuration_changed(self, timing: Timing) -> None:
        """The engine must be started anew, without losing a client."""
        self.take(ConfigurationChanged(timing))

    def shut_down(self) -> None:
        """Serve those who are there, then end."""
        self.take(ShutdownRequested())

    def kill(self) -> None:
        """End the engine at once: the agent's time is over."""
        if self._run is not None:
            self._run.signal(signal.SIGKILL)

    def time_passed(self) -> None:
        """The moment that the state wanted to be woken at has come."""
        self.take(TimePassed())

    def take(self, event: Event) -> None:
        """Feed an event to the lifecycle and do what follows, in order, also of events that the doing causes."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                before = self._state.phase
                self._state, commands = step(self._state, self._events.popleft(), self._host.loop.now())
                if self._state.phase is not before:
                    self._host.phase_changed(self.tenant.name, self._state)
                self._perform_all(commands)
        finally:
            self._busy = False

    def _perform_all(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            self._perform(command)

    def _perform(self, command: Command) -> None:
        match command:
            case StartEngine():
                self._start()
            case AwaitClient():
                self._host.loop.watch(self.listener.socket, self._client_arrived, arrivals_only=True)
            case MeasureActivity():
                self._measure()
            case SwapListener():
                self._swap()
            case RestoreListener():
                self._restore()
            case StopEngine():
                self._signal(signal.SIGTERM)
            case KillEngine():
                self._signal(signal.SIGKILL)
            case RefuseClients(problem):
                self._host.loop.watch(self.listener.socket, lambda: self._refuse(problem))
            case Say(text, level):
                self._host.log.say(text, tenant=self.tenant.name, level=level)
            case Retire():
                self._retire()

    def _client_arrived(self) -> None:
        self.take(ClientConnected())

    def _start(self) -> None:
        self._host.loop.unwatch(self.listener.socket)
        self._drop_serving()
        self._serving = self.listener
        try:
            self._run = EngineRun.start(self._host, self.tenant, self.listener, self._answered, self._exited)
        except DinpError as refused:
            self.take(LaunchRefused(refused.problems[0]))
        except OSError as error:
            problem = Problem(
                "engine-launch-refused",
                f"The engine of tenant {self.tenant.name} could not be started: {error}.",
                "`dinp preflight` shows what this machine allows and why.",
            )
            self.take(LaunchRefused(problem))

    def _answered(self) -> None:
        self.take(EngineAnswered())

    def _exited(self, problem: Problem, by_itself: bool) -> None:
        self._run = None
        self.take(EngineExited(problem, by_itself))

    def _signal(self, number: signal.Signals) -> None:
        if self._run is not None:
            self._run.signal(number)

    def _measure(self) -> None:
        if self._serving is None:
            return
        connections = self._host.connections(self._serving)
        containers = self._run.containers if self._run is not None else 0
        self.take(ActivityMeasured(connections, containers))

    def _swap(self) -> None:
        self.listener = listeners.swap(self.tenant.socket, self.listener)

    def _restore(self) -> None:
        """Nobody queues on the fresh listener, or its client is let wait for the engine's next, early, start."""
        fresh, serving = self.listener, self._serving
        if serving is None:
            return
        if self._host.connections(fresh) > 0:
            self.take(ConfigurationChanged(self._state.timing))
            return
        listeners.put_back(self.tenant.socket, serving)
        self._host.loop.unwatch(fresh.socket)
        fresh.close()
        self.listener = serving

    def _drop_serving(self) -> None:
        if self._serving is not None and self._serving is not self.listener:
            self._serving.close()
        self._serving = None

    def _refuse(self, problem: Problem) -> None:
        from dinp.edges.refusal import RefusedClient

        with contextlib.suppress(BlockingIOError):
            client, _ = self.listener.socket.accept()
            refused = RefusedClient(client, problem)
            self._refused.add(refused)
            self._host.loop.watch(refused, lambda: self._advance(refused))

    def _advance(self, refused: "RefusedClient") -> None:
        if refused.advance():
            self._host.loop.unwatch(refused)
            self._refused.discard(refused)
            refused.close()

    def _retire(self) -> None:
        self._host.loop.unwatch(self.listener.socket)
        self._drop_serving()
        listeners.remove(self.tenant.socket, self.listener)
        self.retired = True


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a tenant wants to be woken."""

    at: float
    runtime: TenantRuntime


def next_deadline(runtimes: tuple[TenantRuntime, ...]) -> Deadline | None:
    """The first moment that any tenant waits for."""
    waiting = [Deadline(r.state.wake_at, r) for r in runtimes if r.state.wake_at is not None]
    return min(waiting, key=lambda deadline: deadline.at, default=None)


def alive(runtime: TenantRuntime) -> bool:
    """Whether it has, or is about to have, an engine."""
    return runtime.state.phase not in {Phase.ABSENT, Phase.STOPPED, Phase.FAILED}
