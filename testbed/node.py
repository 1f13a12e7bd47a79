"""A node: the machine, its link, and its three daemons. Also brought back after it was killed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from testbed import network
from testbed.api import Api, Object, has_condition
from testbed.bed import Bed
from testbed.components import cni, containerd, kube_proxy, kubelet
from testbed.layout import Layout
from testbed.machine.handle import Daemon, MachineHandle, boot
from testbed.plan import DNS_SERVICE, Machine

SECONDS_TO_READY = 90


def configure(bed: Bed, node: Machine) -> None:
    """Write everything that the node finds in its /etc when it boots."""
    for component in (containerd, cni, kubelet, kube_proxy):
        component.configure(bed, node)
    etc = bed.layout.files(node.name) / "etc"
    (etc / "resolv.conf").write_text(f"nameserver {DNS_SERVICE}\n")
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n{node.ip} {node.name}\n")


def bring_up(bed: Bed, control: MachineHandle, node: Machine) -> tuple[MachineHandle, Sequence[Daemon]]:
    """Boot the node and start its daemons; `wait_for_ready` waits for it."""
    machine = boot(node.name, bed.layout)
    network.connect(control, machine, node)
    return machine, (
        containerd.start(bed, machine), kubelet.start(bed, machine, node), kube_proxy.start(bed, machine),
    )  # fmt: skip


def wait_for_ready(api: Api, nodes: Sequence[Machine], daemons: Sequence[Daemon] = ()) -> None:
    """Wait until Kubernetes calls these nodes Ready. Raises NotReadyError naming the others, with kubelet's reason."""
    names = {node.name for node in nodes}

    def missing(objects: Sequence[Object]) -> str | None:
        ready = {one["metadata"]["name"] for one in objects if has_condition(one, "Ready")}
        reasons = [
            f"{one['metadata']['name']}: {condition['message']}"
            for one in objects
            for condition in one.get("status", {}).get("conditions", [])
            if condition["type"] == "Ready" and condition["status"] != "True"
        ]
        absent = sorted(names - ready)
        return f"{', '.join(absent)} ({'; '.join(reasons) or 'not registered yet'})" if absent else None

    api.wait("/api/v1/nodes", "nodes Ready", missing, SECONDS_TO_READY, alive=daemons)


def forget_containers(layout: Layout, node: Machine) -> None:
    """Empty a dead node's disk. Sandboxes of an earlier life in containerd's state delay a node's start by minutes."""
    shutil.rmtree(layout.machine(node.name) / "volumes", ignore_errors=True)
