"""Requests, and a long stream from a container, through a tenant's socket, a dockerd's own, and a proxy in front."""

import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sides import agent_of_dinp, bare_dockerd
from benchmarks.tables import Better, Measured, Table
from benchmarks.talking import attached_stream, first_answer, requests
from dinp.edges.file_watch import wait_for
from tests.support.engines import image

BARE = "bare dockerd's socket"
DINP = "dinp, a tenant's socket"
PROXY = "HAProxy before the bare dockerd"

REQUESTS = (
    "Microseconds of `GET /containers/json` on a connection that stays open, one after the other, the engine being "
    "there already; each sample is the median of 300."
)
STREAM = (
    "MiB/s of what `dd` in a container writes to its standard output, as `docker attach` reads it. The engine itself "
    "is the bound here, whatever lies before it."
)

_PROXY_CONFIG = """
defaults
  mode http
  timeout connect 10s
  timeout client 2m
  timeout server 2m
frontend clients
  bind unix@{front}
  default_backend engine
backend engine
  server engine unix@{back}
"""


def measure_requests(versions: tuple[str, ...], rounds: int) -> Table:
    """Alternate between the sockets, all engines running all the time."""
    rows = _alternate("requests", versions, rounds, lambda path: sorted(requests(path, 300))[150])
    return Table("Requests", REQUESTS, "µs", Better.LESS, BARE, rows)


def measure_stream(versions: tuple[str, ...], rounds: int) -> Table:
    """The same with 1 GiB from a container that is attached to."""
    size = 64 if rounds == 1 else 1024
    rows = _alternate("stream", versions, rounds, lambda path: attached_stream(path, "busybox", size))
    return Table(f"Stream of {size} MiB", STREAM, "MiB/s", Better.MORE, BARE, rows)


def _alternate(
    what: str, versions: tuple[str, ...], rounds: int, measure: Callable[[str], float]
) -> tuple[Measured, ...]:
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    for version in versions:
        with bare_dockerd(version) as bare, agent_of_dinp(version) as (_, tenant), _proxy(bare.socket) as proxy:
            for side in (bare, tenant):
                first_answer(side.socket)
                side.docker(version, "import", "-c", 'CMD ["sh"]', image("busybox-amd64"), "busybox")
            sides = {BARE: bare.socket, DINP: tenant.socket, PROXY: proxy}
            for round_ in range(1, rounds + 1):
                print(f"{what}: round {round_} of {rounds}, dockerd {version}", flush=True)
                for side_name, path in sides.items():
                    samples[version, side_name].append(measure(path))
    return tuple(Measured(f"dockerd {version}", side, tuple(taken)) for (version, side), taken in samples.items())


@contextmanager
def _proxy(back: str) -> Iterator[str]:
    """HAProxy between clients and a socket: its own socket."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    front = f"{folder}/front.sock"
    (folder / "haproxy.cfg").write_text(_PROXY_CONFIG.format(front=front, back=back), encoding="ascii")
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", f"{folder}/haproxy.cfg"], env=dict(os.environ))
    try:
        if not wait_for(front, lambda path: Path(path).is_socket(), 30):
            raise RuntimeError("haproxy opened no socket")
        yield front
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)
