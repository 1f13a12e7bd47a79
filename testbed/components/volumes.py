"""Dynamic local volumes and CSI inline volumes, by a DaemonSet of the bed's own program."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.api import Api, Object
from testbed.manifests import objects
from testbed.plan import NODES

DRIVER = "volumes.bed"
SECONDS = 60


def start(api: Api) -> None:
    """Apply the objects; `wait` waits for them."""
    for thing in objects("volumes"):
        api.apply(thing)


def wait(api: Api) -> None:
    """Wait until the driver is registered with every kubelet."""

    def missing(found: Sequence[Object]) -> str | None:
        having = {
            one["metadata"]["name"]
            for one in found
            if any(driver["name"] == DRIVER for driver in one["spec"].get("drivers") or [])
        }
        absent = sorted({node.name for node in NODES} - having)
        return f"not registered on {', '.join(absent)}" if absent else None

    api.wait("/apis/storage.k8s.io/v1/csinodes", f"the CSI driver {DRIVER}", missing, SECONDS)
