"""Takes back what one container got, as far as it still is what it got; what people wrote since is kept and told."""

from __future__ import annotations

from dinp.injector.client_edits import mount_place, place, withheld
from dinp.injector.host_sockets import SOCKET_NAME
from dinp.injector.pod_view import Container, items, text
from dinp.injector.read_only_places import closed
from dinp.injector.record import Record
from dinp.injector.removals import Removal, read, removal
from dinp.injector.vocabulary import Kept
from dinp.manifests.edits import Edit, RemoveEntry, SetValue
from dinp.model.pod import Json
from dinp.topologies.client_contract import CONTRACT


def eject_client(container: Container, record: Record, restored: frozenset[str]) -> Removal:
    """What goes and what stays in one container.

    Args:
        container: any but the agent's; whoever added it may have mounted dinp's volumes.
        record: what inject did.
        restored: volumes that become the node's socket again.
    """
    variables, said = _variables(container, record)
    mounts = given_mounts(container, record)
    where = place(container)
    edits = [
        *removal(container.path, container.data, "env", variables, record.empty.get(f"{where}/env")),
        *_led_back(container, record, restored, mounts),
        *closed(container, record.read_only),
        *removal(container.path, container.data, "volumeMounts", mounts, record.empty.get(f"{where}/volumeMounts")),
    ]
    return Removal(tuple(edits), (*said, *_mounted(container, record, mounts)))


def _variables(container: Container, record: Record) -> tuple[list[int], tuple[Kept, ...]]:
    own = record.own.get(place(container), [])
    got = _given(container, record)
    ours: list[int] = []
    kept = []
    for number, each in enumerate(items(container.data, "env")):
        name = text(each, "name")
        if each in got:
            ours.append(number)
            got.remove(each)
        elif name in CONTRACT and name not in own:
            path = (*container.path, "env", number)
            dead = ", which leads to the engine that is gone" if each.get("value") == record.env.get(name) else ""
            kept.append(Kept(path, f"{container.name} has {name}{dead}, and inject did not write that: it was kept."))
    return ours, tuple(kept)


def _given(container: Container, record: Record) -> list[Json]:
    if place(container) not in record.clients:
        return []
    without = withheld(tuple(record.own.get(place(container), [])))
    return [{"name": name, "value": value} for name, value in record.env.items() if name not in without]


def given_mounts(container: Container, record: Record) -> list[int]:
    """Positions of the mounts that inject gave a container and that are still the same."""
    got = [*record.mounts] if place(container) in record.clients else []
    ours = []
    for number, mount in enumerate(items(container.data, "volumeMounts")):
        if mount in got:
            ours.append(number)
            got.remove(mount)
    return ours


def _mounted(container: Container, record: Record, ours: list[int]) -> tuple[Kept, ...]:
    """What is said of other mounts of dinp's volumes."""
    return tuple(
        Kept(
            (*container.path, "volumeMounts", number),
            f"{container.name} mounts {text(mount, 'name')}, and inject did not write that: both were kept.",
        )
        for number, mount in enumerate(items(container.data, "volumeMounts"))
        if number not in ours and text(mount, "name") in record.made
    )


def _led_back(container: Container, record: Record, restored: frozenset[str], gone: list[int]) -> list[Edit]:
    """Mounts that lead to the node's socket again."""
    edits: list[Edit] = []
    for number, mount in enumerate(items(container.data, "volumeMounts")):
        where, path = mount_place(container, mount), (*container.path, "volumeMounts", number)
        before = record.renamed.get(where)
        name = read(before) if before is not None else text(mount, "name")
        if number in gone:
            continue
        if where in record.parts and name in restored and mount.get("subPath") == SOCKET_NAME:
            edits.append(_part(path, record.parts[where]))
        if before is not None and text(mount, "name") == record.socket_volume:
            edits.append(SetValue(path, "name", name, before))
    return edits


def _part(path: tuple[str | int, ...], before: str | None) -> Edit:
    return RemoveEntry(path, "subPath") if before is None else SetValue(path, "subPath", read(before), before)
