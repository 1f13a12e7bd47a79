"""The container in which a CI system runs a job's commands, and the pod that a snippet leads to."""

from __future__ import annotations

from dinp.model.pod import Mount, Object, Volume
from dinp.model.service_spec import Images, ServiceSpec
from dinp.model.value import Value
from dinp.topologies.all_topologies import TOPOLOGIES
from dinp.topologies.topology import PodParts

DOCKER_CLI = "docker:29.7.2-cli"
"""Docker's own image with the command and without the daemon; a pinned tag, as floating ones change under a job."""


class Client(Value):
    """One job's container.

    Attributes:
        name: the container's, as the CI system calls it.
        image: whatever the job needs, with a docker command or an SDK in it.
        workspace: the volume of the job's files, where the CI system mounts it.
        command: what keeps it alive, or what it does; empty leaves it to the image or to the CI system.
        args: arguments of that.
        mounts: further mounts of the container.
        volumes: further volumes of the pod.
        init_containers: what has to run before.
    """

    name: str
    image: str
    workspace: Mount
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    volumes: tuple[Volume, ...] = ()
    init_containers: tuple[Object, ...] = ()


def client_image(spec: ServiceSpec, default: str = DOCKER_CLI) -> str:
    """The client's image: the spec's, or `default` where the spec says nothing else than its own default."""
    return default if spec.images.client == Images().client else spec.images.client


def parts_for(client: Client, spec: ServiceSpec) -> PodParts:
    """What the topology brings to a client; its volumes are the engine's workspaces."""
    return TOPOLOGIES[spec.topology].pod_parts(spec, (client.workspace, *client.mounts), None)


def container_of(client: Client, parts: PodParts) -> Object:
    """The client's container, with Docker."""
    container: Object = {"name": client.name, "image": client.image}
    if client.command:
        container["command"] = list(client.command)
    if client.args:
        container["args"] = list(client.args)
    container["env"] = [variable.data() for variable in parts.environment]
    mounts = (client.workspace, *client.mounts, *parts.mounts)
    container["volumeMounts"] = [mount.data() for mount in mounts]
    return container


def pod_spec_of(client: Client, parts: PodParts) -> Object:
    """The spec of the pod (core/v1 PodSpec) in which they run."""
    spec: Object = dict(parts.pod)
    if before := (*client.init_containers, *parts.init_containers):
        spec["initContainers"] = list(before)
    # The agent first: kubelet starts containers in this order, each when the hooks of those before it are done.
    spec["containers"] = [*parts.containers, container_of(client, parts)]
    volumes = (Volume(client.workspace.volume, "emptyDir", {}), *client.volumes, *parts.volumes)
    spec["volumes"] = [volume.data() for volume in volumes]
    return spec


def pod_of(name: str, client: Client, parts: PodParts) -> Object:
    """A pod as the CI system makes one, as far as Docker is concerned; ready for `kubectl apply -f -`."""
    spec: Object = {"restartPolicy": "Never", **pod_spec_of(client, parts)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
