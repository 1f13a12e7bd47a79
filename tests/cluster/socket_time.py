"""How long after its container's start a pod's socket was there, from what the pod's node itself knows.

A pod's status has whole seconds. Finer are two files of the node. runc's first process waits at a fifo in the
container's state directory, until `runc start` reads from it and removes it (runc, libcontainer/container_linux.go,
`exec` and `handleFifoResult`): the time of the last change of that directory is the one at which the container's
program was executed. And the last change of a socket's inode is its rename or its change of mode, with which it was
there for clients. Both come from one clock, with a tick of the kernel (1 to 10 ms) as their unit.
"""

from __future__ import annotations

from tests.cluster import nodes
from tests.cluster.kit import Pod

_TASKS = "/run/containerd/runc/k8s.io"
"""State directories of runc for containerd's namespace of Kubernetes (containerd-shim-runc-v2)."""
_VOLUMES = "/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir"


def socket_seconds(one: Pod, container: str, volume: str) -> float:
    """Seconds from the start of a container to the moment at which `docker.sock` was in an emptyDir of the pod.

    Raises:
        AssertionError: the container or the socket is not there.
    """
    body = one.read()
    status = body["status"]
    statuses = [*(status.get("initContainerStatuses") or []), *status["containerStatuses"]]
    (identity,) = (each["containerID"].rpartition("/")[2] for each in statuses if each["name"] == container)
    (node,) = (each for each in nodes.handles() if each.name == body["spec"]["nodeName"])
    executed = nodes.on(node, "stat", "--format=%.9Y", f"{_TASKS}/{identity}")
    folder = _VOLUMES.format(uid=body["metadata"]["uid"])
    opened = nodes.on(node, "stat", "--format=%.9Z", f"{folder}/{volume}/docker.sock")
    return float(opened) - float(executed)
