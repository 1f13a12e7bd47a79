"""How long tenants take from nothing to an image: one agent for all of them, and a fresh bare dockerd for each."""

import tempfile
import time
from pathlib import Path

from benchmarks.sides import Side, agent_of_dinp, bare_dockerd
from benchmarks.tables import Better, Measured, Table
from tests.support.engines import image

BARE = "bare dockerd each"
DINP = "dinp, one agent"

HOW = (
    "Seconds of a tenant's first build (an image from an archive with busybox, then a `RUN` in it; the classic "
    "builder), the start of the tenant's engine included, one tenant after the other. Each sample is a tenant's; on "
    "the other side a fresh dockerd is started for each. Engines that have nothing to do are stopped meanwhile."
)


def measure(versions: tuple[str, ...], tenants: int) -> Table:
    """Alternate between a tenant of the agent and a dockerd of its own, `tenants` times."""
    rows = []
    for version in versions:
        bare_seconds, dinp_seconds = [], []
        names = [f"team-{number}" for number in range(tenants)]
        with agent_of_dinp(version, names, {"idle_stop_after": "2s"}) as (agent, _):
            agent.log.wait("sockets are open")
            for number, name in enumerate(names, 1):
                print(f"first builds: tenant {number} of {tenants}, dockerd {version}", flush=True)
                with bare_dockerd(version) as bare:
                    bare_seconds.append(_build(bare, version))
                dinp_seconds.append(_build(Side(agent.socket(name), time.monotonic(), agent.pid), version))
        rows.append(Measured(f"dockerd {version}", BARE, tuple(bare_seconds)))
        rows.append(Measured(f"dockerd {version}", DINP, tuple(dinp_seconds)))
    return Table(f"First builds of {tenants} tenants", HOW, "s", Better.LESS, BARE, tuple(rows))


def _build(side: Side, version: str) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        text = f"FROM scratch\nADD busybox.tar /\nRUN echo {time.time_ns()} > /built\n"
        (Path(folder) / "Dockerfile").write_text(text, encoding="ascii")
        (Path(folder) / "busybox.tar").write_bytes(Path(image("busybox-amd64")).read_bytes())
        side.docker(version, "build", "-q", folder, more={"DOCKER_BUILDKIT": "0"})
    return time.monotonic() - side.began
