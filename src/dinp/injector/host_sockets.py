"""Recognises volumes that bring the node's own Docker socket into a pod, by the file or by its directory."""

from __future__ import annotations

from dinp.injector.pod_view import Container, Entry, PodView, text
from dinp.model.value import Value

_FILES = frozenset({"/run/docker.sock", "/var/run/docker.sock"})
_DIRECTORIES = frozenset({"/run", "/var/run"})
SOCKET_NAME = "docker.sock"


class HostSocket(Value):
    """A volume that brings the socket in.

    Attributes:
        name: of the volume.
        position: in the pod's list.
        is_file: whether the volume is the socket itself.
    """

    name: str
    position: int
    is_file: bool


def host_sockets(pod: PodView) -> tuple[HostSocket, ...]:
    """Such volumes, in the order of the pod's list."""
    found = []
    for position, volume in enumerate(pod.volumes):
        path = _host_path(volume)
        if path in _FILES | _DIRECTORIES:
            found.append(HostSocket(text(volume, "name"), position, path in _FILES))
    return tuple(found)


def socket_paths(container: Container, sockets: tuple[HostSocket, ...]) -> tuple[str, ...]:
    """Where a container has the socket through those volumes; directories first, in which a new socket is seen too."""
    by_name = {socket.name: socket for socket in sockets}
    directories, files = [], []
    for mount in container.mounts:
        socket = by_name.get(text(mount, "name"))
        if socket is None:
            continue
        path = tidy(text(mount, "mountPath"))
        if socket.is_file or text(mount, "subPath") == SOCKET_NAME:
            files.append(path)
        elif not mount.get("subPath") and not mount.get("subPathExpr"):
            directories.append(tidy(f"{path}/{SOCKET_NAME}"))
    return (*directories, *files)


def lost_directories(pod: PodView, sockets: tuple[HostSocket, ...]) -> tuple[str, ...]:
    """Sentences about directories of the node of which a container sees more than the socket, which will be gone."""
    mounts = [mount for container in pod.containers for mount in container.mounts]
    seen = {text(mount, "name") for mount in mounts if text(mount, "subPath") != SOCKET_NAME}
    return tuple(
        f"The volume {socket.name} is no longer the node's {_host_path(pod.volumes[socket.position])}: the engine's"
        " socket is in it and nothing else. Whatever more of the node a container needs there, mount by its own path."
        for socket in sockets
        if not socket.is_file and socket.name in seen
    )


def tidy(path: str) -> str:
    """A path without doubled or closing slashes; `/` stays."""
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def _host_path(volume: Entry) -> str:
    source = volume.get("hostPath")
    path = text(source, "path") if isinstance(source, dict) else ""
    return tidy(path) if path else ""
