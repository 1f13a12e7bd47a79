"""kubelet on a node."""

from __future__ import annotations

import yaml

from testbed.bed import Bed
from testbed.components import containerd
from testbed.machine.handle import Daemon, MachineHandle
from testbed.plan import DNS_SERVICE, DOMAIN, Machine

CONFIG = "/etc/dinp-bed/kubelet.yaml"
SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What kubelet (setupKernelTunables) wants to find or else sets. They are the whole host's, which is not the bed's to
change: kubelet alone is shown files that say what it wants to read."""

SYSCTLS_FOLDER = "/etc/dinp-bed/sysctls"
WITH_ITS_OWN_SYSCTLS = f"""
mount --make-rprivate /proc
for name in {" ".join(SYSCTLS)}; do mount --bind {SYSCTLS_FOLDER}/$name /proc/sys/$name; done
exec "$@"
"""
"""Not in the node's own view of /proc: a pod in a user namespace may mount a proc of its own only if the node's is
whole. All other mounts of kubelet's namespace stay shared with the node's, so that its volumes reach containerd."""


def configure(bed: Bed, node: Machine) -> None:
    """Write the node's configuration and key pair, before it boots."""
    bed.kubeconfig(f"kubelet-{node.name}", f"system:node:{node.name}", groups=("system:nodes",))
    bed.key_pair(f"kubelet-{node.name}-server", f"system:node:{node.name}", names=(node.name, str(node.ip)))
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": bed.pki_file("ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": bed.pki_file(f"kubelet-{node.name}-server.crt"),
        "tlsPrivateKeyFile": bed.pki_file(f"kubelet-{node.name}-server.key"),
        "clusterDNS": [str(DNS_SERVICE)],
        "clusterDomain": DOMAIN,
        "resolvConf": "/etc/resolv.conf",
        "containerRuntimeEndpoint": f"unix://{containerd.SOCKET}",
        # The node's cgroup namespace begins at its own branch, so its root is the node's.
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": "/",
        "failCgroupV1": False,
        "failSwapOn": False,
        # A machine of the bed may not raise limits or lower oom_score_adj; this gate makes kubelet accept that.
        "featureGates": {"KubeletInUserNamespace": True},
        # The disk is the whole host's: a host that is four fifths full must not evict pods here.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        # A killed node is found out within seconds; see also kube_controller_manager.
        "nodeStatusUpdateFrequency": "3s",
        "nodeLeaseDurationSeconds": 8,
        "syncFrequency": "10s",
        "shutdownGracePeriod": "0s",
    }
    target = bed.layout.files(node.name) / CONFIG.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(config, sort_keys=False))
    for name, value in SYSCTLS.items():
        shown = bed.layout.files(node.name) / SYSCTLS_FOLDER.lstrip("/") / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n")


def start(bed: Bed, node: MachineHandle, plan: Machine) -> Daemon:
    """Start kubelet (containerd must run). The node object's condition Ready tells when it is ready."""
    return bed.start(
        node, "unshare", "--mount", "--propagation=unchanged", "sh", "-ec", WITH_ITS_OWN_SYSCTLS, "kubelet",
        str(bed.layout.bin / "kubelet"),
        f"--config={CONFIG}", f"--kubeconfig={bed.pki_file(f'kubelet-{plan.name}.kubeconfig')}",
        f"--hostname-override={plan.name}", f"--node-ip={plan.ip}", "--root-dir=/var/lib/kubelet",
        name="kubelet",
    )  # fmt: skip
