"""What an agent tells about one tenant, and what `dinp status` shows."""

from dinp.model.value import Value


class TenantStatus(Value):
    """One tenant at one moment.

    Attributes:
        tenant: its name.
        phase: where its engine is in its life: absent, starting, ready, idle, draining, stopping, stopped, failed.
        since: when it got there, seconds of the Unix clock.
        endpoint: where its clients connect.
        tcp: its second door, as DOCKER_HOST says it; empty when it has none.
        tls: whether that door asks for a client's certificate.
        engine: kind and version of the engine, empty before anything was decided.
        isolation: how it is kept apart, empty before anything was decided.
        pid: the engine's first process, 0 when there is none.
        code, problem: why its clients are refused, empty when they are not.
    """

    tenant: str
    phase: str
    since: float
    endpoint: str
    tcp: str = ""
    tls: bool = False
    engine: str = ""
    isolation: str = ""
    pid: int = 0
    code: str = ""
    problem: str = ""
