"""Pulls the plug of a node, and brings it back as after a power failure: same disk, nothing in memory."""

from __future__ import annotations

from testbed import node, pki
from testbed.api import Api
from testbed.bed import Bed, Say
from testbed.components.kube_apiserver import client_tls
from testbed.layout import Layout
from testbed.machine.handle import find
from testbed.plan import CONTROL, machine


def kill(layout: Layout, name: str) -> None:
    """End everything on the node at once."""
    find(machine(name).name, layout).end()


def bring_back(layout: Layout, name: str, say: Say) -> None:
    """Boot a killed node again and wait until Kubernetes calls it Ready."""
    plan = machine(name)
    bed = Bed(layout, say, pki.KeyPair.read(layout.pki, "ca"))
    control = find(CONTROL.name, layout)
    _, daemons = node.bring_up(bed, control, plan)
    node.wait_for_ready(Api(control, client_tls(bed)), [plan], daemons)


def reset(layout: Layout, name: str) -> None:
    """Empty a killed node's disk: images, volumes and containers, as if it were a new machine of the same name."""
    node.forget_containers(layout, machine(name))
