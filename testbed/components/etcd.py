"""etcd: the API server's store, on the control machine's loopback interface only."""

from __future__ import annotations

from testbed.bed import Bed
from testbed.inside import why_not_ok
from testbed.machine.handle import MachineHandle
from testbed.waiting import wait_until_ready

PORT = 2379


def start(bed: Bed, control: MachineHandle) -> None:
    """Start etcd and wait until it is healthy."""
    daemon = bed.start(
        control, "etcd",
        # In memory: a bed does not outlive its machines, and every write here waits for fsync otherwise.
        "--data-dir=/run/etcd",
        f"--listen-client-urls=http://127.0.0.1:{PORT}", f"--advertise-client-urls=http://127.0.0.1:{PORT}",
        "--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=default=http://127.0.0.1:2380", "--log-level=warn", "--logger=zap",
    )  # fmt: skip
    wait_until_ready(
        "etcd", lambda: why_not_ok(control, "127.0.0.1", PORT, "/health"), alive=daemon.pidfd, seconds=30,
        log=str(daemon.log),
    )  # fmt: skip
