"""The words between the lifecycle, which decides, and the agent's loop, which acts.

Events are in the past tense: what the world did. Commands are in the imperative: what the world shall do.
"""

from enum import Enum

from dinp.model.problem import Problem
from dinp.model.value import Value


class Phase(Enum):
    """Where a tenant's engine is in its life."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    IDLE = "idle"
    DRAINING = "draining"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class Purpose(Enum):
    """Why an engine is being stopped."""

    IDLE = "it was idle"
    RESTART = "its configuration changed"
    SHUTDOWN = "the agent ends"
    REMOVED = "it was taken out of the configuration"


class Timing(Value):
    """What the configuration says about time, in seconds; None is never."""

    idle_stop_after: float | None
    drain_within: float


class State(Value):
    """One tenant's engine.

    Attributes:
        phase: where it is.
        timing: from the configuration.
        since: when it entered the phase (the loop's monotonic clock, seconds).
        wake_at: when it wants a TimePassed event; None for never.
        crashes: crashes in a row.
        failures: failed starts in a row.
        problem: why clients are refused, in FAILED.
        purpose: why it stops, in DRAINING and STOPPING.
        clients_wait: whether clients are known to queue on the fresh listener.
        retired: whether the agent ends, or the tenant was taken away, and nothing may be started again.
        outdated: whether the configuration changed while the engine was being started with the old one.
        moved: whether clients are to come to other sockets than those that are open, from the next swap on.
        waits_for: clients and containers that it was last said to wait for, in DRAINING.
    """

    phase: Phase
    timing: Timing
    since: float = 0.0
    wake_at: float | None = None
    crashes: int = 0
    failures: int = 0
    problem: Problem | None = None
    purpose: Purpose | None = None
    clients_wait: bool = False
    retired: bool = False
    outdated: bool = False
    moved: bool = False
    waits_for: tuple[int, int] | None = None


# Events: what happened.


class ClientConnected(Value):
    """A client queues on the listener that no engine serves."""


class ClientLeft(Value):
    """One of the clients that a planned stop waits for has closed its connection."""


class EngineAnswered(Value):
    """The engine gave a real answer to a real request."""


class LaunchRefused(Value):
    """The engine could not even be started."""

    problem: Problem


class EngineExited(Value):
    """The engine's first process ended.

    Attributes:
        problem: what its last words mean.
        by_itself: whether it chose to, with an exit code, and was not killed.
        refuse: whether the agent ended it because of the problem, which clients shall be told before the next start.
    """

    problem: Problem
    by_itself: bool = False
    refuse: bool = False


class ActivityMeasured(Value):
    """How many clients are connected to the listener that the engine serves, and how many containers run."""

    connections: int
    containers: int


class TimePassed(Value):
    """The moment of `wake_at` has come."""


class ConfigurationChanged(Value):
    """The engine must be started anew to get its new configuration.

    Attributes:
        timing: from the new configuration.
        moved: whether it has other sockets for the tenant than those that are open.
    """

    timing: Timing
    moved: bool = False


class ShutdownRequested(Value):
    """The agent ends, or the tenant was taken out of the configuration.

    Attributes:
        purpose: which of the two.
    """

    purpose: Purpose = Purpose.SHUTDOWN


Event = (
    ClientConnected
    | ClientLeft
    | EngineAnswered
    | LaunchRefused
    | EngineExited
    | ActivityMeasured
    | TimePassed
    | ConfigurationChanged
    | ShutdownRequested
)


# Commands: what to do.


class StartEngine(Value):
    """Launch the engine with the current listener."""


class AwaitClient(Value):
    """Report the next arrival on the current listener as ClientConnected."""


class AwaitDeparture(Value):
    """Report the next of the clients last measured that closes its connection as ClientLeft."""


class MeasureActivity(Value):
    """Count connections to the listener that the engine serves and its containers; report ActivityMeasured."""


class SwapListener(Value):
    """Put a fresh listener in the place of the one the engine serves, where the configuration wants it by now."""


class RestoreListener(Value):
    """Put the listener that the engine serves back, if no client queues on the fresh one yet."""


class StopEngine(Value):
    """Ask the engine to end (SIGTERM)."""


class KillEngine(Value):
    """End the engine and everything in it at once."""


class RefuseClients(Value):
    """Answer every client with 503 and the problem, from now on."""

    problem: Problem


class Say(Value):
    """Tell the log."""

    text: str
    level: str = "info"


class Retire(Value):
    """Nothing of this tenant runs any more; close its listener and remove its socket."""


Command = (
    StartEngine
    | AwaitClient
    | AwaitDeparture
    | MeasureActivity
    | SwapListener
    | RestoreListener
    | StopEngine
    | KillEngine
    | RefuseClients
    | Say
    | Retire
)
