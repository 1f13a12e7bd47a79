"""Pod networking by the standard plugins: a routed link for each pod, addresses from the node's own range."""

from __future__ import annotations

import json

from testbed.bed import Bed
from testbed.plan import Machine

CONF_DIR = "/etc/dinp-bed/cni"


def configure(bed: Bed, node: Machine) -> None:
    """Write the node's plugin configuration, before it boots.

    ptp rather than bridge: with a bridge, the answers of a pod on the same node would pass kube-proxy's rules by unless
    br_netfilter sends them through.
    """
    config = {
        "cniVersion": "1.0.0",
        "name": "bed",
        "plugins": [
            {
                "type": "ptp",
                "mtu": 1500,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni/addresses",
                    "ranges": [[{"subnet": str(node.pods)}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
    target = bed.layout.files(node.name) / CONF_DIR.lstrip("/") / "10-bed.conflist"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(config, indent=2) + "\n")
