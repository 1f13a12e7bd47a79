"""kube-proxy on a node: Services by nftables."""

from __future__ import annotations

import yaml

from testbed.bed import Bed
from testbed.machine.handle import Daemon, MachineHandle
from testbed.plan import PODS, Machine

CONFIG = "/etc/dinp-bed/kube-proxy.yaml"


def configure(bed: Bed, node: Machine) -> None:
    """Write the node's configuration, before it boots."""
    config = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": bed.kubeconfig(f"kube-proxy-{node.name}", "system:kube-proxy")},
        "clusterCIDR": str(PODS),
        "hostnameOverride": node.name,
        # These sysctls are the whole host's; kube-proxy leaves alone what is 0.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }
    target = bed.layout.files(node.name) / CONFIG.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(config, sort_keys=False))


def start(bed: Bed, node: MachineHandle) -> Daemon:
    """Start kube-proxy."""
    return bed.start(node, "kube-proxy", f"--config={CONFIG}")
