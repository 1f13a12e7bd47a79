"""What changes in one client container: its environment, its mounts, and its way to the node's socket."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dinp.injector.host_sockets import SOCKET_NAME, HostSocket, socket_paths, tidy
from dinp.injector.pod_view import Container, Entry, items, text
from dinp.injector.targets import Target, add_items
from dinp.manifests.edits import AddEntry, Edit, SetValue
from dinp.model.pod import Json
from dinp.topologies.client_contract import CONTRACT
from dinp.topologies.topology import PodParts


@dataclass(frozen=True, slots=True)
class ClientChanges:
    """What changes, and what has to be remembered of it (see record.py)."""

    edits: tuple[Edit, ...] = ()
    empty: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def client_changes(
    container: Container, parts: PodParts, sockets: tuple[HostSocket, ...], target: Target
) -> ClientChanges:
    """The changes of a container that gets Docker.

    Args:
        container: which one.
        parts: what the topology gives clients.
        sockets: the pod's volumes that brought the node's socket.
        target: how the text of places is known.
    """
    reached = {same_place(f"unix://{path}") for path in socket_paths(container, sockets)}
    own = own_variables(container)
    added, notes = _environment(container, parts, reached, own)
    led = mount_edits(container, sockets, target)
    edits: list[Edit] = [*led.edits]
    empty: dict[str, str] = {}
    for key, new in (("env", added), ("volumeMounts", tuple(mount.data() for mount in parts.mounts))):
        if new:
            edit, raw = add_items(target, container.path, container.data, key, new)
            edits.append(edit)
            empty |= {f"{place(container)}/{key}": raw} if raw is not None else {}
    return replace(led, edits=tuple(edits), empty=empty, notes=notes)


def own_variables(container: Container) -> tuple[str, ...]:
    """The contract's variables that a container sets itself, client or not: eject must know them as its own."""
    return tuple(text(each, "name") for each in container.environment if text(each, "name") in CONTRACT)


def place(container: Container) -> str:
    """How a record calls a container: by its list and name, as positions change."""
    return f"{container.path[1]}/{container.name}"


def mount_place(container: Container, mount: Entry) -> str:
    """How a record calls a mount: by its container and path."""
    return f"{place(container)}:{tidy(text(mount, 'mountPath'))}"


def same_place(host: str) -> str:
    """A DOCKER_HOST as another one may say it too: the agent listens on 127.0.0.1, and /var/run is /run in images."""
    host = host if "://" in host else f"tcp://{host}"
    return host.replace("tcp://127.0.0.1:", "tcp://localhost:").replace("unix:///var/run/", "unix:///run/").rstrip("/")


def withheld(own: tuple[str, ...]) -> frozenset[str]:
    """The contract's variables that a container does not get because of those that it has."""
    # Without our DOCKER_HOST, our certificates would break whatever the container's own one leads to.
    return frozenset(own) | ({"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} if "DOCKER_HOST" in own else frozenset())


def mount_edits(container: Container, sockets: tuple[HostSocket, ...], target: Target) -> ClientChanges:
    """Leads a container's mounts of the node's socket to the agent's."""
    by_name = {socket.name: socket for socket in sockets}
    edits: list[Edit] = []
    renamed: dict[str, str] = {}
    parts: dict[str, str | None] = {}
    for position, mount in enumerate(items(container.data, "volumeMounts")):
        socket = by_name.get(text(mount, "name"))
        if socket is None:
            continue
        path = (*container.path, "volumeMounts", position)
        where = mount_place(container, mount)
        if socket.is_file:
            # A subPath may be there and empty, which is none.
            there = "subPath" in mount
            parts[where] = target.raw_value(path, "subPath") if there else None
            edits.append((SetValue if there else AddEntry)(path, "subPath", SOCKET_NAME))
        if socket.name != sockets[0].name:
            renamed[where] = target.raw_value(path, "name")
            edits.append(SetValue(path, "name", sockets[0].name))
    return ClientChanges(tuple(edits), renamed=renamed, parts=parts)


def _environment(
    container: Container, parts: PodParts, reached: set[str], own: tuple[str, ...]
) -> tuple[tuple[Json, ...], tuple[str, ...]]:
    """The variables to add, and sentences about those that the container sets otherwise."""
    values = {text(each, "name"): text(each, "value") for each in container.environment}
    notes = []
    host = values.get("DOCKER_HOST")
    if "DOCKER_HOST" in own and same_place(host or "") not in {same_place(parts.environment[0].value), *reached}:
        said = f"DOCKER_HOST to {host}" if host else "DOCKER_HOST"
        notes.append(
            f"The container {container.name} sets {said}, which was kept: its docker goes there, not to its own"
            " engine. Remove the variable there."
        )
    elif "DOCKER_HOST" in own and "DOCKER_CERT_PATH" in {each.name for each in parts.environment} - set(own):
        notes.append(
            f"The container {container.name} sets DOCKER_HOST, which was kept: it does not get the certificates of its"
            " engine. Remove the variable there."
        )
    if values.get("DOCKER_TLS_VERIFY") and all(each.name != "DOCKER_TLS_VERIFY" for each in parts.environment):
        notes.append(
            f"The container {container.name} sets DOCKER_TLS_VERIFY, but its engine's endpoint has no TLS: docker"
            " would look for certificates. Remove the variable there."
        )
    if "DOCKER_CONFIG" in own and any(each.name == "DOCKER_CONFIG" for each in parts.environment):
        notes.append(
            f"The container {container.name} sets DOCKER_CONFIG, which was kept: it does not get the logins of the"
            " service spec. Remove the variable there."
        )
    added = [each.data() for each in parts.environment if each.name not in withheld(own)]
    return tuple(added), tuple(notes)
