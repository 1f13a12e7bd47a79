"""The controllers. Start them only when the API server is ready: without its roles they exit."""

from __future__ import annotations

import ssl

from testbed.bed import Bed
from testbed.inside import why_not_ok
from testbed.machine.handle import Daemon, MachineHandle
from testbed.waiting import wait_until_ready

PORT = 10257


def start(bed: Bed, control: MachineHandle) -> Daemon:
    """Start the controllers."""
    kubeconfig = bed.kubeconfig("controller-manager", "system:kube-controller-manager")
    file = bed.pki_file
    return bed.start(
        control, "kube-controller-manager",
        f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}", "--bind-address=127.0.0.1", f"--secure-port={PORT}",
        f"--service-account-private-key-file={file('service-accounts.key')}", f"--root-ca-file={file('ca.crt')}",
        f"--cluster-signing-cert-file={file('ca.crt')}", f"--cluster-signing-key-file={file('ca.key')}",
        "--use-service-account-credentials=true", "--leader-elect=false",
        # A node that was killed is found out in seconds: tests wait for it.
        "--node-monitor-period=1s", "--node-monitor-grace-period=12s",
    )  # fmt: skip


def wait(control: MachineHandle, daemon: Daemon) -> None:
    """Wait until the controllers are healthy."""
    wait_until_ready(
        "kube-controller-manager", lambda: why_not_ok(control, "127.0.0.1", PORT, "/healthz", no_verification()),
        alive=daemon.pidfd, seconds=60, log=str(daemon.log),
    )  # fmt: skip


def no_verification() -> ssl.SSLContext:
    """TLS for the health port on loopback, whose certificate the component made for itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
