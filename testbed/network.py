"""The bed's network: a bridge on the control machine, one link to each node, and routes to the pods of the others.

Everything is made inside the machines' namespaces; the host's own network is never touched.
"""

from __future__ import annotations

import os

from pyroute2 import NetNS

from testbed.machine.handle import MachineHandle
from testbed.plan import BRIDGE, CONTROL, NODES, Machine


def make_bridge(control: MachineHandle) -> None:
    """Give the control machine its bridge, with the address that the nodes route through."""
    with NetNS(control.namespace("net"), flags=0) as net:
        net.link("set", ifname="lo", state="up")
        net.link("add", ifname=BRIDGE, kind="bridge")
        net.link("set", ifname=BRIDGE, state="up")
        net.addr("add", index=index(net, BRIDGE), address=str(CONTROL.ip), prefixlen=CONTROL.address.network.prefixlen)


def connect(control: MachineHandle, node: MachineHandle, plan: Machine) -> None:
    """Link a node to the bridge and tell everybody the way to its pods. Also after a killed node came back."""
    port = f"to-{node.name}"
    with NetNS(control.namespace("net"), flags=0) as net:
        descriptor = os.open(node.namespace("net"), os.O_RDONLY)
        try:
            net.link("add", ifname=port, kind="veth", peer={"ifname": "eth0", "net_ns_fd": descriptor})
        finally:
            os.close(descriptor)
        net.link("set", ifname=port, master=index(net, BRIDGE), state="up")
        net.route("replace", dst=str(plan.pods), gateway=str(plan.ip))
    with NetNS(node.namespace("net"), flags=0) as net:
        net.link("set", ifname="lo", state="up")
        eth0 = index(net, "eth0")
        net.link("set", index=eth0, state="up")
        net.addr("add", index=eth0, address=str(plan.ip), prefixlen=plan.address.network.prefixlen)
        # Nothing lies beyond, but Service addresses need a route before kube-proxy can rewrite them.
        net.route("add", dst="default", gateway=str(CONTROL.ip))
        for other in NODES:
            if other != plan:
                net.route("add", dst=str(other.pods), gateway=str(other.ip))


def index(net: NetNS, name: str) -> int:
    """The index of a link. Raises LookupError when there is none of that name."""
    found = net.link_lookup(ifname=name)
    if not found:
        raise LookupError(f"no link {name}")
    number: int = found[0]
    return number
