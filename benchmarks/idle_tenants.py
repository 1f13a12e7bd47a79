"""Memory of an agent whose tenants have no engine, and of what a team would have instead: a dockerd each."""

from pathlib import Path

from benchmarks.sides import agent_of_dinp, bare_dockerd, children, family
from benchmarks.tables import Better, Measured, Table

TENANTS = 100
BARE = "one idle bare dockerd"

HOW = (
    "MiB of proportional set size (`smaps_rollup`: pages that several processes share count in parts) of all processes "
    f"of a side. The agent has {TENANTS} tenants, has looked at the machine and opened all sockets; it must have no "
    "child, or the measurement fails. The bare dockerd has answered once; its containerd is included."
)


def measure(versions: tuple[str, ...], rounds: int) -> Table:
    """Alternate between an agent with many tenants, with one, and a bare dockerd, of the newest version.

    Raises:
        RuntimeError: an idle agent has a process below it.
    """
    version = versions[-1]
    sides: dict[str, list[float]] = {BARE: [], f"dinp, {TENANTS} idle tenants": [], "dinp, 1 idle tenant": []}
    for round_ in range(1, rounds + 1):
        print(f"idle tenants: round {round_} of {rounds}", flush=True)
        with bare_dockerd(version) as bare:
            bare.answered()
            sides[BARE].append(sum(map(_mebibytes, family(bare.pid))))
        sides[f"dinp, {TENANTS} idle tenants"].append(_idle_agent(version, TENANTS))
        sides["dinp, 1 idle tenant"].append(_idle_agent(version, 1))
    rows = tuple(Measured(f"dockerd {version}", side, tuple(samples)) for side, samples in sides.items())
    return Table("Memory of idle tenants", HOW, "MiB", Better.LESS, BARE, rows)


def _idle_agent(version: str, tenants: int) -> float:
    with agent_of_dinp(version, [f"team-{number}" for number in range(tenants)]) as (agent, side):
        agent.log.wait("sockets are open")
        # The first time may come before what it does in advance, while nobody waits; the second time comes after that.
        agent.reload()
        agent.reload()
        if children(side.pid):
            raise RuntimeError(f"an agent without clients has processes: {children(side.pid)}\n{agent.log}")
        return _mebibytes(side.pid)


def _mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no Pss in smaps_rollup")
