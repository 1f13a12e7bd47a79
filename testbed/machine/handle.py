"""The host's side of a machine: start it, start daemons on it, ask it, end it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from testbed.layout import CHECKOUT, Layout
from testbed.machine import cgroups
from testbed.machine.description import Description
from testbed.machine.init import PACKET
from testbed.waiting import NotReadyError

SECONDS_TO_BOOT = 20
NOTHING: Mapping[Path, str] = MappingProxyType({})
VOLUMES = ("containerd", "kubelet", "docker", "registry", "log/pods")
"""Folders of /var/lib (and /var/log/pods) that are real directories of the state file system: overlayfs, which
containerd and dockerd use themselves, cannot have an overlay beneath it."""


@dataclass(frozen=True)
class Daemon:
    """A running daemon. `pidfd` becomes readable when it ends."""

    name: str
    pidfd: int
    log: Path


@dataclass(frozen=True)
class MachineHandle:
    """A running machine; `pid` is its init's, as the host counts."""

    name: str
    pid: int
    layout: Layout

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Daemon:
        """Start a daemon, its output appended to logs/MACHINE.NAME.log. Raises NotReadyError if it cannot."""
        log = self.layout.logs / f"{self.name}.{name}.log"
        order = {"name": name, "argv": [str(word) for word in argv], "env": dict(env or environment())}
        with _connected(self.layout.control_socket(self.name)) as orders, log.open("ab") as output:
            socket.send_fds(orders, [json.dumps(order).encode()], [output.fileno()])
            packet, descriptors, _, _ = socket.recv_fds(orders, PACKET, 1)
        answer = json.loads(packet)
        if "error" in answer:
            raise NotReadyError(f"{name} on {self.name} did not start: {answer['error']}")
        return Daemon(name, descriptors[0], log)

    def exit_codes(self) -> dict[str, int | None]:
        """Each daemon's exit code (minus the signal's number when killed), None while it runs."""
        with _connected(self.layout.control_socket(self.name)) as orders:
            orders.send(json.dumps({"status": True}).encode())
            answer: dict[str, int | None] = json.loads(orders.recv(PACKET))
            return answer

    def namespace(self, kind: str) -> str:
        """The path of one of the machine's namespaces: net, mnt, pid, cgroup."""
        return f"/proc/{self.pid}/ns/{kind}"

    def command(self, *argv: str) -> list[str]:
        """A command line that runs `argv` on the machine, for the host to execute."""
        inside = ["--mount", "--net", "--pid", "--cgroup", "--uts", "--ipc", "--root=/proc/" + str(self.pid) + "/root"]
        return ["nsenter", f"--target={self.pid}", *inside[:-1], "--", *argv]

    def end(self) -> None:
        """Pull the plug: everything on the machine ends at once. Its files stay; its cgroups go."""
        end_process(self.pid)
        end_all(self.name)


def environment() -> dict[str, str]:
    """What daemons get: only what they need, so that the bed does not depend on whose shell started it."""
    return {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8"}


def boot(name: str, layout: Layout, shared: Mapping[Path, str] = NOTHING) -> MachineHandle:
    """Make the machine and wait until its init takes orders. Its own files (layout.files) are written beforehand.

    `shared`: folders of the host that the machine has too, and where, whatever file system of the host they are on.
    Raises NotReadyError with what its init said when it cannot be made.
    """
    home = layout.machine(name)
    folders = {part: home / part for part in ("files", "work", "root")}
    volumes = [(home / "volumes" / part, f"/var/{part}" if "/" in part else f"/var/lib/{part}") for part in VOLUMES]
    everywhere = {layout.bin: str(layout.bin), layout.pki: str(layout.pki), **shared}
    for folder in (*folders.values(), *(source for source, _ in volumes), layout.run, layout.logs):
        folder.mkdir(parents=True, exist_ok=True)
    description = home / "machine.json"
    Description(
        name=name,
        files=str(folders["files"]),
        work=str(folders["work"]),
        root=str(folders["root"]),
        control_socket=str(layout.control_socket(name)),
        volumes=tuple((str(source), target) for source, target in (*volumes, *everywhere.items())),
    ).write(description)
    cgroups.make_branch(name)
    _run_init(name, description, layout)
    return find(name, layout)


def _run_init(name: str, description: Path, layout: Layout) -> None:
    log = layout.logs / f"{name}.init.log"
    reading, writing = os.pipe()
    with log.open("ab") as output:
        outer = subprocess.Popen(
            [sys.executable, "-m", "testbed.machine.start", str(description), str(writing)],
            cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            pass_fds=(writing,), env=environment(),
        )  # fmt: skip
    os.close(writing)
    try:
        _wait_for_init(reading, name, log)
    except BaseException:
        outer.kill()
        outer.wait()
        raise
    finally:
        os.close(reading)
    # It is to outlive this process, and whoever ends it waits for its pidfd: Popen must not warn that it still runs.
    outer.returncode = 0


def _wait_for_init(reading: int, name: str, log: Path) -> None:
    answered, _, _ = select.select([reading], [], [], SECONDS_TO_BOOT)
    if not answered or os.read(reading, 16) != b"ready":
        raise NotReadyError(f"the machine {name} did not come up:\n{log.read_text(errors='replace')}")


def find(name: str, layout: Layout) -> MachineHandle:
    """The running machine of that name. Raises NotReadyError when it is not running."""
    try:
        with _connected(layout.control_socket(name)) as orders:
            raw = orders.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError as error:
        raise NotReadyError(
            f"the machine {name} is not running ({error.strerror}); `make cluster` brings the bed up"
        ) from error
    # The kernel translates the listener's pid to ours (unix(7), SO_PEERCRED).
    return MachineHandle(name, struct.unpack("3i", raw)[0], layout)


def end_all(machine: str = "") -> None:
    """End whatever lives in a machine's cgroups, or the bed's, and remove them."""
    while living := cgroups.processes(machine):
        for pid in sorted(living):
            end_process(pid)
    cgroups.remove(machine)


def end_process(pid: int) -> None:
    """Kill a process and wait until it is gone; if it is an init, everything in its pid namespace is gone too."""
    with contextlib.suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            select.select([pidfd], [], [])
        finally:
            os.close(pidfd)


def _connected(path: Path) -> socket.socket:
    orders = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        orders.connect(str(path))
    except OSError:
        orders.close()
        raise
    return orders
