"""A strategic merge patch that brings Docker to a pod which a CI system builds by itself."""

from __future__ import annotations

from dinp.model.pod import Object
from dinp.pipelines.client import Client
from dinp.topologies.topology import PodParts


def pod_patch(client: Client, parts: PodParts) -> Object:
    """What is added to a pod's spec that has the client and its workspace already.

    Kubernetes merges containers, volumes and variables by name and mounts by path (k8s.io/api core/v1,
    `patchMergeKey`), so that everything that the CI system put there stays; it puts what is new in front of that.
    """
    container: Object = {
        "name": client.name,
        "env": [variable.data() for variable in parts.environment],
        "volumeMounts": [mount.data() for mount in parts.mounts],
    }
    return {
        **parts.pod,
        "initContainers": list(parts.init_containers),
        "containers": [container],
        "volumes": [volume.data() for volume in parts.volumes],
    }
