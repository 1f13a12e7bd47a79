"""A machine's process 1: builds the machine, starts daemons when told to, and collects what has ended.

Orders come over a SOCK_SEQPACKET socket, each one packet of JSON: {"name", "argv", "env"} with the log's descriptor
attached starts a daemon; the answer carries its pidfd. {"status": true} is answered with each daemon's name and its
exit code, or null while it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path

from testbed.machine import file_system
from testbed.machine.description import Description

PACKET = 1 << 16


def main() -> None:
    """Runs until it is killed, and everything on the machine with it."""
    description, ready = sys.argv[1:3]
    machine = Description.read(Path(description))
    orders = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    Path(machine.control_socket).unlink(missing_ok=True)
    orders.bind(machine.control_socket)
    orders.listen()
    wake_up, wake_up_end = socket.socketpair()
    wake_up_end.setblocking(False)
    signal.set_wakeup_fd(wake_up_end.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    socket.sethostname(machine.name)
    file_system.enter(machine)
    os.write(int(ready), b"ready")
    os.close(int(ready))
    Init(orders, wake_up).run()


class Init:
    """The daemons of this machine."""

    def __init__(self, orders: socket.socket, wake_up: socket.socket) -> None:
        self.orders = orders
        self.wake_up = wake_up
        self.names: dict[int, str] = {}
        self.codes: dict[str, int | None] = {}

    def run(self) -> None:
        """Wait for orders and for deaths."""
        events = selectors.DefaultSelector()
        events.register(self.orders, selectors.EVENT_READ)
        events.register(self.wake_up, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.fileobj is self.wake_up:
                    self.wake_up.recv(PACKET)
                    self.collect()
                else:
                    client, _ = self.orders.accept()
                    with client, contextlib.suppress(ConnectionError):
                        self.obey(client)

    def collect(self) -> None:
        """Reap everything that has ended: our daemons, and orphans such as containerd's shims."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                name = self.names.pop(ended[0], None)
                if name is not None:
                    self.codes[name] = os.waitstatus_to_exitcode(ended[1])

    def obey(self, client: socket.socket) -> None:
        """Carry out one order and answer it."""
        packet, descriptors, _, _ = socket.recv_fds(client, PACKET, 4)
        if not packet:
            return
        order = json.loads(packet)
        if "argv" not in order:
            # A death may have been seen by whoever asks before its signal has come here.
            self.collect()
            client.send(json.dumps(self.codes).encode())
            return
        try:
            pid = start(order["argv"], order["env"], descriptors[0])
        except OSError as error:
            client.send(json.dumps({"error": f"{order['argv'][0]}: {error.strerror}"}).encode())
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.names[pid] = order["name"]
        self.codes[order["name"]] = None
        pidfd = os.pidfd_open(pid)
        socket.send_fds(client, [json.dumps({"pid": pid}).encode()], [pidfd])
        os.close(pidfd)


def start(argv: list[str], env: dict[str, str], log: int) -> int:
    """Start one daemon and return its pid. Raises OSError when the program cannot be executed."""
    child = subprocess.Popen(
        argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
    )
    # `collect` reaps every child of this process; Popen must not wait for this one too, nor warn that nobody did.
    child.returncode = 0
    return child.pid


if __name__ == "__main__":
    main()
