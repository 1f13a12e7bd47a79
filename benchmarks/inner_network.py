"""What a container's network carries: of a plain dockerd, of dinp with links of its own, and of an ordinary user."""

import os
import socket
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.sides import Side, agent_of_dinp, bare_dockerd, children
from benchmarks.tables import Better, Measured, Table
from benchmarks.talking import drained
from dinp.edges.linux_syscalls import CLONE_NEWNET, setns
from tests.support.engines import image
from tests.support.ordinary_user import ordinary_user

BARE = "plain dockerd"
ADDRESS = "198.18.77.1"
"""Of the range for benchmarks (RFC 2544); on loopback while this runs, so that every engine routes to it."""

HOW = (
    "MiB/s of one TCP connection from a container (`dd` into the connection of busybox's `nc`) to a server where the "
    "engine's outer end is: for the plain dockerd in its network namespace, as a container of a machine's own dockerd "
    "reaches the machine (one link less than dinp's), for dinp on the machine. Rootless is what dinp chooses for an "
    "ordinary user here."
)

_SEND = "exec nc {address} {port} -e dd if=/dev/zero bs=1M count={mebibytes}"


def measure(versions: tuple[str, ...], rounds: int) -> Table:
    """Alternate between the engines, all of them running all the time."""
    size = 64 if rounds == 1 else 1024
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    with ordinary_user() as user, _address():
        for version in versions:
            with ExitStack() as engines:
                bare = engines.enter_context(bare_dockerd(version))
                _, userns = engines.enter_context(agent_of_dinp(version))
                _, rootless = engines.enter_context(agent_of_dinp(version, engine={"isolation": "rootless"}, user=user))
                sides = {BARE: bare, "dinp userns": userns, "dinp rootless": rootless}
                for side in sides.values():
                    side.answered()
                    side.docker(version, "import", image("busybox-amd64"), "busybox")
                for round_ in range(1, rounds + 1):
                    print(f"inner network: round {round_} of {rounds}, dockerd {version}", flush=True)
                    for name, side in sides.items():
                        inside = children(bare.pid)[0] if side is bare else None
                        samples[version, name].append(_sent(side, version, size, inside))
    rows = tuple(Measured(f"dockerd {version}", name, tuple(taken)) for (version, name), taken in samples.items())
    return Table("Network of a container", HOW, "MiB/s", Better.MORE, BARE, rows)


def _sent(side: Side, version: str, mebibytes: int, inside: int | None) -> float:
    """MiB/s from the first byte to the last, of what a container sends to a server of ours.

    Args:
        side: whose container.
        version: of its engine.
        mebibytes: how much.
        inside: a process in whose network namespace the server listens; None for the machine's.
    """
    with _listener(inside) as server:
        address, port = ("172.17.0.1", server.getsockname()[1]) if inside else (ADDRESS, server.getsockname()[1])
        taken: list[float] = []
        receiver = threading.Thread(target=lambda: taken.append(_receive(server, mebibytes)))
        receiver.start()
        try:
            line = _SEND.format(address=address, port=port, mebibytes=mebibytes)
            side.docker(version, "run", "--rm", "busybox", "sh", "-c", line)
        finally:
            receiver.join()
    return taken[0]


def _receive(server: socket.socket, mebibytes: int) -> float:
    client, _ = server.accept()
    with client:
        got, seconds = drained(client)
    if got != mebibytes << 20:
        raise RuntimeError(f"{got} of {mebibytes << 20} bytes arrived")
    return mebibytes / seconds


@contextmanager
def _listener(inside: int | None) -> Iterator[socket.socket]:
    made: list[socket.socket] = []

    def make() -> None:
        if inside is not None:
            namespace = os.open(f"/proc/{inside}/ns/net", os.O_RDONLY)
            setns(namespace, CLONE_NEWNET)  # of this thread alone
            os.close(namespace)
        made.append(socket.create_server(("0.0.0.0", 0)))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    with made[0] as server:
        server.settimeout(60)
        yield server


@contextmanager
def _address() -> Iterator[None]:
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "address", "delete", f"{ADDRESS}/32", "dev", "lo"], check=True)
