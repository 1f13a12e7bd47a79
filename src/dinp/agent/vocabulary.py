"""The words between the lifecycle, which decides, and the agent's loop, which acts.

Events are in the past tense: what the world did. Commands are in the imperative: what the world shall do.
"""

from dataclasses import dataclass
from enum import Enum

from dinp.model.problem import Problem


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


@dataclass(frozen=True, slots=True)
class Timing:
    """What the configuration says about time, in seconds; None is never."""

    idle_stop_after: float | None
    drain_within: float


@dataclass(frozen=True, slots=True)
class State:
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
        retired: whether the agent ends and nothing may be started again.
        outdated: whether the configuration changed while the engine was being started with the old one.
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
    waits_for: tuple[int, int] | None = None


# Events: what happened.


@dataclass(frozen=True, slots=True)
class ClientConnected:
    """A client queues on the listener that no engine serves."""


@dataclass(frozen=True, slots=True)
class ClientLeft:
    """One of the clients that a planned stop waits for has closed its connection."""


@dataclass(frozen=True, slots=True)
class EngineAnswered:
    """The engine gave a real answer to a real request."""


@dataclass(frozen=True, slots=True)
class LaunchRefused:
    """The engine could not even be started."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class EngineExited:
    """The engine's first process ended.

    Attributes:
        problem: what its last words mean.
        by_itself: whether it chose to, with an exit code, and was not killed.
    """

    problem: Problem
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class ActivityMeasured:
    """How many clients are connected to the listener that the engine serves, and how many containers run."""

    connections: int
    containers: int


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment of `wake_at` has come."""


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """The engine must be started anew to get its new configuration."""

    timing: Timing


@dataclass(frozen=True, slots=True)
class ShutdownRequested:
    """The agent ends, or the tenant was taken out of the configuration."""


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


@dataclass(frozen=True, slots=True)
class StartEngine:
    """Launch the engine with the current listener."""


@dataclass(frozen=True, slots=True)
class AwaitClient:
    """Report the next arrival on the current listener as ClientConnected."""


@dataclass(frozen=True, slots=True)
class AwaitDeparture:
    """Report the next of the clients last measured that closes its connection as ClientLeft."""


@dataclass(frozen=True, slots=True)
class MeasureActivity:
    """Count connections to the listener that the engine serves and its containers; report ActivityMeasured."""


@dataclass(frozen=True, slots=True)
class SwapListener:
    """Put a fresh listener in the place of the one the engine serves."""


@dataclass(frozen=True, slots=True)
class RestoreListener:
    """Put the listener that the engine serves back, if no client queues on the fresh one yet."""


@dataclass(frozen=True, slots=True)
class StopEngine:
    """Ask the engine to end (SIGTERM)."""


@dataclass(frozen=True, slots=True)
class KillEngine:
    """End the engine and everything in it at once."""


@dataclass(frozen=True, slots=True)
class RefuseClients:
    """Answer every client with 503 and the problem, from now on."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the log."""

    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class Retire:
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
