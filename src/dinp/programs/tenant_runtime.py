"""One tenant at run time: performs what the lifecycle commands and reports back what came of it."""

import contextlib
import signal
import socket
from collections import deque
from functools import partial

from dinp.agent.disk import LOOK_EVERY
from dinp.agent.lifecycle import initial, step
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
from dinp.edges import tenant_doors
from dinp.edges.listeners import Listener
from dinp.edges.tenant_doors import TenantDoors
from dinp.engines.all_engines import ENGINES
from dinp.model.endpoint import TcpEndpoint, UnixEndpoint
from dinp.model.engine_command import Wire
from dinp.model.problem import DinpError, Problem
from dinp.model.tenant import Tenant
from dinp.model.value import Value, replace
from dinp.programs.engine_host import EngineHost
from dinp.programs.engine_run import EngineRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dinp.edges.grpc_refusal import RefusedBuilder
    from dinp.edges.network.departures import Departures
    from dinp.edges.network.socket_diag import Connections
    from dinp.edges.refusal import RefusedClient
    from dinp.programs.disk_guard import DiskGuard


class TenantRuntime:
    """A tenant, its sockets, and its engine while there is one.

    Attributes:
        tenant: whose.
        doors: the sockets on which its new clients arrive.
        retired: whether nothing of it is left.
    """

    def __init__(self, host: EngineHost, tenant: Tenant, timing: Timing, doors: TenantDoors) -> None:
        """Take over open sockets; call `begin` when the loop is about to run."""
        self.tenant = tenant
        self.doors = doors
        self.retired = False
        self._host = host
        self._serving: TenantDoors | None = None
        self._run: EngineRun | None = None
        self._clients: Connections | None = None
        self._departures: Departures | None = None
        self._disk: DiskGuard | None = None
        self._refused: set[RefusedClient | RefusedBuilder] = set()
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
        self._host.phase_changed(self.tenant, self._state)
        self._perform_all(self._first)

    def configuration_changed(self, tenant: Tenant, timing: Timing) -> None:
        """The engine must be started anew, without losing a client; its sockets may have to be elsewhere."""
        self.tenant = tenant
        self.take(ConfigurationChanged(timing, _endpoints(tenant) != _endpoints(self.doors.tenant)))

    def shut_down(self, purpose: Purpose = Purpose.SHUTDOWN) -> None:
        """Serve those who are there, then end."""
        self.take(ShutdownRequested(purpose))

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
                self._perform_all(commands)
                if self._state.phase is not before and not self._taken_away():
                    self._host.phase_changed(self.tenant, self._state)
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
                for door in self.doors.sockets:
                    self._host.loop.watch(door, self._client_arrived, arrivals_only=True)
            case AwaitDeparture():
                self._await_departure()
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
                for door in self.doors.sockets:
                    self._host.loop.watch(door, partial(self._refuse, door, problem))
            case Say(text, level):
                self._host.log.say(text, tenant=self.tenant.name, level=level)
            case Retire():
                self._retire()

    def _client_arrived(self) -> None:
        self.take(ClientConnected())

    def _start(self) -> None:
        self._unwatch(self.doors)
        self._drop_serving()
        self._serving = self.doors
        try:
            self._run = EngineRun.start(self._host, self.tenant, self.doors, self._answered, self._exited)
            self._look_at_disk_later(0.0 if self._disk is not None and self._disk.crowded else LOOK_EVERY)
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

    def _end_engine(self, problem: Problem) -> None:
        if self._run is not None:
            self._run.end_for(problem)

    def _exited(self, problem: Problem, by_itself: bool, refuse: bool) -> None:
        self._run = None
        self._host.loop.stop_alarm(self)
        if self._disk is not None:
            self._disk.close()
        self._forget_departures()
        self.take(EngineExited(problem, by_itself, refuse))

    def _signal(self, number: signal.Signals) -> None:
        if self._run is not None:
            self._run.signal(number)

    def _measure(self) -> None:
        if self._serving is None:
            return
        self._forget_departures()
        self._clients = self._host.connections(self._serving)
        containers = self._run.containers if self._run is not None else 0
        self.take(ActivityMeasured(self._clients.total, containers))

    def _look_at_disk_later(self, seconds: float = LOOK_EVERY) -> None:
        """As long as an engine is there, whatever it does: one that never answers can write, too."""
        if self._host.spec.limits.disk is not None:
            self._host.loop.set_alarm(self, self._host.loop.now() + seconds, self._look_at_disk)

    def _look_at_disk(self) -> None:
        self._look_at_disk_later()
        if self._disk is None:
            from dinp.programs.disk_guard import DiskGuard

            self._disk = DiskGuard(self._host, self.tenant, self._served, self._end_engine)
        self._disk.look()

    def _served(self) -> Listener:
        return (self._serving or self.doors).unix

    def _await_departure(self) -> None:
        if self._clients is None:
            return
        self._departures = self._host.departures(self._clients)
        self._host.loop.watch(self._departures, lambda: self.take(ClientLeft()))

    def _forget_departures(self) -> None:
        if self._departures is not None:
            self._host.loop.unwatch(self._departures)
            self._departures.close()
            self._departures = None

    def _swap(self) -> None:
        before = self.doors
        if self._run is None and self._host.connections(before).total > 0:
            # Whoever knocked here is let in here; the sockets move when that was done.
            self.take(ClientConnected())
            self.take(ConfigurationChanged(self._state.timing, moved=True))
            return
        if self._run is not None and self._serving is not before:
            return  # the engine's have been swapped away before, and clients may queue on these
        try:
            self.doors = tenant_doors.swap(self.tenant, before)
        except DinpError as refused:
            self._host.log.say(f"its sockets stay where they were: {refused}", tenant=self.tenant.name, level="error")
            self.tenant = replace(self.tenant, socket=before.tenant.socket, tcp=before.tenant.tcp)
            self.doors = tenant_doors.swap(self.tenant, before)
        if self._run is None:
            self._unwatch(before)
            before.close()

    def _restore(self) -> None:
        """Nobody queues on the fresh sockets, or its client is let wait for the engine's next, early, start."""
        fresh, serving = self.doors, self._serving
        if serving is None:
            return
        if self._host.connections(fresh).total > 0:
            self.take(ConfigurationChanged(self._state.timing))
            return
        self._unwatch(fresh)
        tenant_doors.put_back(serving, fresh)
        self.doors = serving

    def _drop_serving(self) -> None:
        if self._serving is not None and self._serving is not self.doors:
            self._serving.close()
        self._serving = None

    def _unwatch(self, doors: TenantDoors) -> None:
        for door in doors.sockets:
            self._host.loop.unwatch(door)

    def _refuse(self, door: socket.socket, problem: Problem) -> None:
        with contextlib.suppress(BlockingIOError):
            client, _ = door.accept()
            refused = self._refusal(client, problem)
            self._refused.add(refused)
            self._host.loop.watch(refused, lambda: self._advance(refused))

    def _refusal(self, client: socket.socket, problem: Problem) -> "RefusedClient | RefusedBuilder":
        """In the words that the engine's clients understand; the other kind's are not imported."""
        if ENGINES[self._host.spec.kind].TRAITS.wire is Wire.HTTP:
            from dinp.edges.refusal import RefusedClient

            return RefusedClient(client, problem)
        from dinp.edges.grpc_refusal import RefusedBuilder

        return RefusedBuilder(client, problem)

    def _advance(self, refused: "RefusedClient | RefusedBuilder") -> None:
        if refused.advance():
            self._host.loop.unwatch(refused)
            self._refused.discard(refused)
            refused.close()

    def _retire(self) -> None:
        self._unwatch(self.doors)
        self._drop_serving()
        tenant_doors.remove(self.doors)
        self.retired = True
        if self._taken_away():
            self._host.store.drop_status(self.tenant.name)

    def _taken_away(self) -> bool:
        return self.retired and self._state.purpose is Purpose.REMOVED


class Deadline(Value):
    """When a tenant wants to be woken."""

    at: float
    runtime: TenantRuntime


def next_deadline(runtimes: tuple[TenantRuntime, ...]) -> Deadline | None:
    """The first moment that any tenant waits for."""
    waiting = [Deadline(r.state.wake_at, r) for r in runtimes if r.state.wake_at is not None]
    return min(waiting, key=lambda deadline: deadline.at, default=None)


def _endpoints(tenant: Tenant) -> tuple[UnixEndpoint, TcpEndpoint | None]:
    """Where its clients come."""
    return tenant.socket, tenant.tcp


def alive(runtime: TenantRuntime) -> bool:
    """Whether it has, or is about to have, an engine."""
    return runtime.state.phase not in {Phase.ABSENT, Phase.STOPPED, Phase.FAILED}
