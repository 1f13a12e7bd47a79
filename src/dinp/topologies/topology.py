"""What every topology for pods answers: what goes beside the clients, and what the clients themselves need."""

from __future__ import annotations

from typing import Protocol

from dinp.model.pod import Mount, Object, Variable, Volume
from dinp.model.service_spec import ServiceSpec
from dinp.model.value import Value


class PodParts(Value):
    """What a pod needs so that its containers find Docker.

    Attributes:
        init_containers: containers that come before every other one, in order.
        containers: containers that come before the pod's own ones, in order.
        volumes: volumes of the pod.
        environment: variables of each client.
        mounts: mounts of each client.
        pod: fields of the pod's spec itself.
    """

    init_containers: tuple[Object, ...]
    containers: tuple[Object, ...]
    volumes: tuple[Volume, ...]
    environment: tuple[Variable, ...]
    mounts: tuple[Mount, ...]
    pod: Object


class Topology(Protocol):
    """A module of this folder."""

    def pod_parts(self, spec: ServiceSpec, workspaces: tuple[Mount, ...], socket_volume: str | None) -> PodParts:
        """What goes into a pod.

        Args:
            spec: what is wished for.
            workspaces: the clients' own volumes that the engine is to see at the same paths.
            socket_volume: a volume that the pod has already and that is to hold the socket; None for one of dinp's.
        """
        ...
