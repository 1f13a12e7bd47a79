"""Starts the relay, and remembers on which ports of the host's loopback interface the bed is found."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from testbed.layout import CHECKOUT, Layout
from testbed.machine import cgroups
from testbed.machine.handle import MachineHandle, environment
from testbed.plan import API_PORT, CONTROL, REGISTRY_PORT

TARGETS = {"api": (str(CONTROL.ip), API_PORT), "registry": (str(CONTROL.ip), REGISTRY_PORT)}


def open_all(layout: Layout, control: MachineHandle) -> dict[str, int]:
    """Start the relay on free ports; returns them by name, and `read` does later. It accepts connections at once."""
    listeners = {name: socket.create_server(("127.0.0.1", 0), backlog=128) for name in TARGETS}
    ports = {name: int(listener.getsockname()[1]) for name, listener in listeners.items()}
    words: list[str] = []
    for name, listener in listeners.items():
        words += [str(listener.fileno()), TARGETS[name][0], str(TARGETS[name][1])]
    with (layout.logs / "relay.log").open("ab") as log:
        relay = subprocess.Popen(
            [sys.executable, "-m", "testbed.relay", control.namespace("net"), *words],
            cwd=CHECKOUT, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            pass_fds=[listener.fileno() for listener in listeners.values()],
        )  # fmt: skip
    # `down` finds the bed's processes by their cgroup; this one was born outside.
    cgroups.join(control.name, relay.pid)
    # It is to outlive this process; Popen must not complain that it still runs.
    relay.returncode = 0
    for listener in listeners.values():
        listener.close()
    (layout.run / "ports.json").write_text(json.dumps(ports))
    return ports


def read(layout: Layout) -> dict[str, int]:
    """The ports of the running bed. Raises FileNotFoundError when there is none."""
    found: dict[str, int] = json.loads((layout.run / "ports.json").read_text())
    return found
