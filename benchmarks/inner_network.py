"""What a container's network carries: of a plain dockerd, of dinp with links of its own, and of an ordinary user."""

import socket
import struct
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.lan import lan, listener_in
from benchmarks.sides import Side, agent_of_dinp, bare_dockerd, children
from benchmarks.tables import Better, Measured, Table
from tests.support.engines import image
from tests.support.ordinary_user import ordinary_user

BARE = "plain dockerd"
ADDRESS = "198.18.77.1"
"""Of the range for benchmarks (RFC 2544); on loopback while this runs, so that every engine routes to it."""

HOW = (
    "MiB/s of one TCP connection of a container (busybox's `nc`). *From the LAN* and *to the LAN*: with a host beside "
    "the machine, as a pull or `apt-get` in a build has it; the plain dockerd's namespace has its own link there. "
    "*To the machine*: with a server where the engine's outer end is, for the plain dockerd in its network "
    "namespace, as a container of a machine's own dockerd reaches the machine; there the one link more that dinp has "
    "weighs most. Rootless is what dinp chooses for an ordinary user here."
)

_TAKE = "exec nc {address} {port} -e dd of=/dev/null bs=1M"
_GIVE = "exec nc {address} {port} -e sh -c 'dd if=/dev/zero bs=1M count={mebibytes}; cat > /dev/null'"
"""It stays until the server has had enough: with a container goes whatever is still on its way."""

_PATIENCE = 60  # seconds

Listen = Callable[[], socket.socket]


def measure(versions: tuple[str, ...], rounds: int) -> Table:
    """Alternate between the engines, all of them running all the time."""
    size = 64 if rounds == 1 else 512
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    with ordinary_user() as user, _address(), lan() as beside:
        ours = beside.link(None)
        for version in versions:
            with ExitStack() as engines:
                bare = engines.enter_context(bare_dockerd(version))
                _, userns = engines.enter_context(agent_of_dinp(version))
                _, rootless = engines.enter_context(agent_of_dinp(version, engine={"isolation": "rootless"}, user=user))
                sides = {BARE: bare, "dinp userns": userns, "dinp rootless": rootless}
                for side in sides.values():
                    side.answered()
                    side.docker(version, "import", image("busybox-amd64"), "busybox")
                inside = children(bare.pid)[0]
                theirs, bridge = beside.link(inside), partial(listener_in, f"/proc/{inside}/ns/net")
                here = partial(socket.create_server, ("0.0.0.0", 0))
                for round_ in range(1, rounds + 1):
                    print(f"inner network: round {round_} of {rounds}, dockerd {version}", flush=True)
                    for name, side in sides.items():
                        far, near = (theirs, ("172.17.0.1", bridge)) if side is bare else (ours, (ADDRESS, here))
                        for case, taken in (
                            ("from the LAN", _received(side, version, size, far, beside.listener)),
                            ("to the LAN", _sent(side, version, size, far, beside.listener)),
                            ("to the machine", _sent(side, version, size, *near)),
                        ):
                            samples[f"dockerd {version}, {case}", name].append(taken)
    in_order = sorted(samples.items(), key=lambda item: item[0][0])
    rows = tuple(Measured(case, name, tuple(taken)) for (case, name), taken in in_order)
    return Table("Network of a container", HOW, "MiB/s", Better.MORE, BARE, rows)


def _received(side: Side, version: str, mebibytes: int, address: str, listen: Listen) -> float:
    """MiB/s, until the last byte was taken, of what a container gets from a server of ours at that address."""

    def give(client: socket.socket) -> float:
        # Closing it waits until all has been taken (socket(7)).
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, _PATIENCE))
        chunk = bytes(1 << 20)
        began = time.perf_counter()
        for _ in range(mebibytes):
            client.sendall(chunk)
        client.close()
        return time.perf_counter() - began

    return mebibytes / _seconds(side, version, _TAKE, mebibytes, address, listen, give)


def _sent(side: Side, version: str, mebibytes: int, address: str, listen: Listen) -> float:
    """MiB/s, from the first byte to the last, of what a container sends to a server of ours at that address."""

    def take(client: socket.socket) -> float:
        buffer = bytearray(1 << 20)
        got = client.recv_into(buffer)
        began = time.perf_counter()
        while got < mebibytes << 20:
            more = client.recv_into(buffer)
            if not more:
                raise RuntimeError(f"{got} of {mebibytes << 20} bytes arrived")
            got += more
        return time.perf_counter() - began

    return mebibytes / _seconds(side, version, _GIVE, mebibytes, address, listen, take)


def _seconds(
    side: Side,
    version: str,
    line: str,
    mebibytes: int,
    address: str,
    listen: Listen,
    serve: Callable[[socket.socket], float],
) -> float:
    """What `serve` says of the connection that a container makes by that line."""
    taken: list[float] = []

    def accept(server: socket.socket) -> None:
        client, _ = server.accept()
        with client:
            client.settimeout(_PATIENCE)
            taken.append(serve(client))

    with listen() as server:
        server.settimeout(_PATIENCE)
        thread = threading.Thread(target=accept, args=(server,))
        thread.start()
        try:
            where = line.format(address=address, port=server.getsockname()[1], mebibytes=mebibytes)
            side.docker(version, "run", "--rm", "busybox", "sh", "-c", where)
        finally:
            thread.join()
    return taken[0]


@contextmanager
def _address() -> Iterator[None]:
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "address", "delete", f"{ADDRESS}/32", "dev", "lo"], check=True)
