"""Which of the clients' volumes the engine sees too, at the same paths, so that bind mounts of them work."""

from __future__ import annotations

from dinp.injector.host_sockets import HostSocket, tidy
from dinp.injector.pod_view import Container, Entry, text
from dinp.injector.record import TOKENS
from dinp.model.pod import Mount

_OWN_TREES = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/etc", "/proc", "/sys", "/dev", "/opt/dinp"),
    *(
        "/run/dinp",
        "/run/dinp-tls",
        "/run/dinp-credentials",
        "/run/docker",
        "/run/containerd",
        "/var/lib/dinp",
        "/var/lib/docker",
    ),
)
"""The agent's programs and its own directories: another volume there, or below, would break it."""

_OWN_PARENTS = ("/", "/run", "/var", "/var/run", "/var/lib", "/opt")
"""Another volume exactly there would hide them."""


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
    if text(entry, "subPathExpr"):
        return "its subPathExpr is expanded with the container's own variables"
    if path in _OWN_PARENTS or any(path == tree or path.startswith(f"{tree}/") for tree in _OWN_TREES):
        return "the agent has its own files there"
    return ""
