"""containerd on a node, with the bed's registry in the place of every registry that the bed answers for."""

from __future__ import annotations

import socket

import tomli_w

from testbed.bed import Bed
from testbed.components import cni
from testbed.machine.handle import Daemon, MachineHandle
from testbed.plan import CONTROL, REGISTRY_HOST, REGISTRY_PORT, Machine
from testbed.waiting import wait_until_ready

CONFIG = "/etc/dinp-bed/containerd.toml"
CERTS_D = "/etc/dinp-bed/certs.d"
SOCKET = "/run/containerd/containerd.sock"
PAUSE_IMAGE = f"{REGISTRY_HOST}:{REGISTRY_PORT}/bed/pause:1"
ANSWERED = ("docker.io", f"{REGISTRY_HOST}:{REGISTRY_PORT}")
"""Registries whose names lead to the bed's own, so that `image: docker:20.10.12-dind` is pulled as written."""


def configure(bed: Bed, node: Machine) -> None:
    """Write the node's configuration, before it boots."""
    files = bed.layout.files(node.name)
    cri = "io.containerd.cri.v1"
    config = {
        "version": 3,
        "root": "/var/lib/containerd",
        "state": "/run/containerd",
        "grpc": {"address": SOCKET},
        "plugins": {
            f"{cri}.images": {
                "snapshotter": "overlayfs",
                "pinned_images": {"sandbox": PAUSE_IMAGE},
                "registry": {"config_path": CERTS_D},
            },
            f"{cri}.runtime": {
                # Lowering an oom_score_adj takes CAP_SYS_RESOURCE, which not every machine has.
                "restrict_oom_score_adj": True,
                "cni": {"bin_dirs": [str(bed.layout.bin / "cni")], "conf_dir": cni.CONF_DIR},
                "containerd": {
                    "runtimes": {
                        "runc": {
                            "runtime_type": "io.containerd.runc.v2",
                            "options": {"BinaryName": str(bed.layout.bin / "runc"), "SystemdCgroup": False},
                        }
                    }
                },
            },
        },
    }
    target = files / CONFIG.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(tomli_w.dumps(config))
    for registry in ANSWERED:
        hosts = files / CERTS_D.lstrip("/") / registry / "hosts.toml"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        url = f"http://{CONTROL.ip}:{REGISTRY_PORT}"
        hosts.write_text(tomli_w.dumps({"server": url, "host": {url: {"capabilities": ["pull", "resolve"]}}}))


def start(bed: Bed, node: MachineHandle) -> Daemon:
    """Start containerd and wait until it accepts connections."""
    daemon = bed.start(node, "containerd", f"--config={CONFIG}", "--log-level=warn")
    address = f"/proc/{node.pid}/root{SOCKET}"

    def why_not() -> str | None:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(address)
            except OSError as error:
                return f"{SOCKET}: {error.strerror}"
        return None

    wait_until_ready(f"containerd on {node.name}", why_not, alive=daemon.pidfd, seconds=30, log=str(daemon.log))
    return daemon
