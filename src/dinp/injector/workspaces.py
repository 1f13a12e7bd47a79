"""Which of the clients' volumes the engine sees too, at the same paths, so that bind mounts of them work."""

from __future__ import annotations

from dinp.injector.host_sockets import HostSocket, tidy
from dinp.injector.pod_view import Container, Entry, text
from dinp.injector.record import TOKENS
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.pod import Mount
from dinp.model.workspace_check import OwnPlaces, trespass
from dinp.topologies import sidecar

_TREE = ISOLATIONS[IsolationKind.USERNS].own_tree(EngineKind.PODMAN)
"""Also for a sidecar of another isolation: what an engine has in a tree of its own is in the agent's image there."""

_OF_THE_IMAGE = ("/etc", "/dev", "/opt/dinp")
"""The agent's own, where another volume exactly there, above or below, would break it; so would one over its tree."""


def workspaces(
    clients: tuple[Container, ...], sockets: tuple[HostSocket, ...]
) -> tuple[tuple[Mount, ...], tuple[str, ...]]:
    """The mounts for the agent, parents before what lies below them; and sentences about those that it cannot have."""
    skipped = {socket.name for socket in sockets}
    found: dict[str, Mount] = {}
    notes: dict[str, str] = {}
    for container in clients:
        for entry in container.mounts:
            if text(entry, "name") in skipped:
                continue
            path = tidy(text(entry, "mountPath"))
            if path == TOKENS:  # an engine has no use for it
                continue
            reason = _reason_against(entry, path)
            mount = Mount(text(entry, "name"), path, text(entry, "subPath"), entry.get("readOnly") is True)
            before = found.get(path)
            if before is not None and (before.volume, before.sub_path) != (mount.volume, mount.sub_path):
                reason = "two containers have different volumes there; name one with the annotation dinp.dev/containers"
            if reason:
                notes[path] = f"The engine does not see {path} (volume {mount.volume}): {reason}."
            elif before is None or before.read_only:
                found[path] = mount
    mounts = tuple(found[path] for path in sorted(found) if path not in notes)
    return mounts, tuple(notes.values())


def _reason_against(entry: Entry, path: str) -> str:
    own = OwnPlaces(_TREE, (*_OF_THE_IMAGE, *sidecar.PLACES))
    if text(entry, "subPathExpr"):
        return "its subPathExpr is expanded with the container's own variables"
    words = "the agent has its own files there, and a bind mount shows those"
    return words if trespass(path, own, other_content=True) else ""
