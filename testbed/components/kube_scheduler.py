"""The scheduler. Start it only when the API server is ready, like the controllers."""

from __future__ import annotations

from testbed.bed import Bed
from testbed.components.kube_controller_manager import no_verification
from testbed.inside import why_not_ok
from testbed.machine.handle import Daemon, MachineHandle
from testbed.waiting import wait_until_ready

PORT = 10259


def start(bed: Bed, control: MachineHandle) -> Daemon:
    """Start the scheduler."""
    kubeconfig = bed.kubeconfig("scheduler", "system:kube-scheduler")
    return bed.start(
        control, "kube-scheduler",
        f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}", "--bind-address=127.0.0.1", f"--secure-port={PORT}",
        "--leader-elect=false",
    )  # fmt: skip


def wait(control: MachineHandle, daemon: Daemon) -> None:
    """Wait until the scheduler is healthy."""
    wait_until_ready(
        "kube-scheduler", lambda: why_not_ok(control, "127.0.0.1", PORT, "/healthz", no_verification()),
        alive=daemon.pidfd, seconds=60, log=str(daemon.log),
    )  # fmt: skip
