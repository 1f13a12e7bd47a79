"""Volumes at /run that a container only reads: nothing can be mounted below them, unless it is there already.

A mount point that is missing is made in the volume that it lies in; where that may only be read, runc ends with
`mkdirat … read-only file system`. The node's own /run has some mount points from other pods; the emptyDir that takes
its place has none, not even that of the pod's token. So a container may write to that one: it is the pod's own.
"""

from __future__ import annotations

from dinp.injector.client_edits import mount_place
from dinp.injector.host_sockets import HostSocket, tidy
from dinp.injector.pod_view import Container, Entry, items, text
from dinp.injector.targets import Target
from dinp.manifests.edits import Edit, SetValue
from dinp.model.pod import Mount

_ABOVE = frozenset({"/", "/run", "/var/run"})
"""Where a volume holds the mount points of everything that dinp mounts; most images lead /var/run to /run."""

_NEVER_WRITTEN = frozenset({"configMap", "secret", "downwardAPI", "projected", "image"})
"""Sources that kubelet mounts read-only whatever the mount says (kubelet_pods.go, makeMounts; image volumes)."""


def opened(
    container: Container, sockets: tuple[HostSocket, ...], target: Target
) -> tuple[tuple[Edit, ...], dict[str, str]]:
    """Lets a container write to the volumes at /run that were the node's; and what their `readOnly` was, as text."""
    edits: list[Edit] = []
    before: dict[str, str] = {}
    for position, mount in enumerate(items(container.data, "volumeMounts")):
        if _opens(mount, sockets):
            path = (*container.path, "volumeMounts", position)
            before[mount_place(container, mount)] = target.raw_value(path, "readOnly")
            edits.append(SetValue(path, "readOnly", False))
    return tuple(edits), before


def closed(container: Container, before: dict[str, str]) -> tuple[Edit, ...]:
    """The inverse of `opened`; what somebody has changed since stays."""
    edits: list[Edit] = []
    for position, mount in enumerate(items(container.data, "volumeMounts")):
        raw = before.get(mount_place(container, mount))
        if raw is not None and mount.get("readOnly") is False:
            edits.append(SetValue((*container.path, "volumeMounts", position), "readOnly", True, raw))
    return tuple(edits)


def in_the_way(
    container: Container, volumes: tuple[Entry, ...], sockets: tuple[HostSocket, ...], wanted: tuple[Mount, ...]
) -> Entry | None:
    """The container's mount below which none of the wanted ones can be made; None where there is no such mount."""
    sources = {text(volume, "name"): volume for volume in volumes}
    for mount in container.mounts if wanted else ():
        only_read = mount.get("readOnly") is True or _never_written(sources.get(text(mount, "name"), {}))
        if tidy(text(mount, "mountPath")) in _ABOVE and only_read and not _opens(mount, sockets):
            return mount
    return None


def _opens(mount: Entry, sockets: tuple[HostSocket, ...]) -> bool:
    directories = {socket.name for socket in sockets if not socket.is_file}
    here = text(mount, "name") in directories and tidy(text(mount, "mountPath")) in _ABOVE
    # Kubernetes allows recursiveReadOnly only beside readOnly.
    return here and mount.get("readOnly") is True and mount.get("recursiveReadOnly") in (None, "Disabled")


def _never_written(volume: Entry) -> bool:
    return any(
        kind in _NEVER_WRITTEN or (isinstance(source, dict) and source.get("readOnly") is True)
        for kind, source in volume.items()
    )
