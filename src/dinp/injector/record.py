"""What cannot be seen in an injected pod any more, so that eject can restore it: kept in an annotation, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Record:
    """What was there before.

    Attributes:
        empty: lists and mappings that were there but empty, by place; as text, everything behind the key's colon.
        sockets: the sources of the volumes that brought the node's socket, by volume; as text, key and all.
        files: those of them that were the socket itself.
        renamed: names of volumes in mounts that lead to another volume now, by place; as text behind the colon.
        own: the contract's variables that a container had itself, by container.
        pod: fields of the pod's spec that were not there.
        default: whether the default container was not named.
    """

    empty: dict[str, str] = field(default_factory=dict)
    sockets: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    pod: list[str] = field(default_factory=list)
    default: bool = False

    @property
    def socket_volume(self) -> str | None:
        """The volume that holds the agent's socket now, where the pod had one for the node's."""
        return next(iter(self.sockets), None)

    def dumped(self) -> str:
        """As it is kept."""
        said = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return json.dumps({"version": 1, **said}, ensure_ascii=False, separators=(",", ":"))


def read_record(kept: str) -> Record | None:
    """A record from its annotation; None where it is none of this version."""
    try:
        data = json.loads(kept)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.pop("version", None) != 1:
        return None
    return Record(
        empty=_texts(data.get("empty")),
        sockets=_texts(data.get("sockets")),
        files=_names(data.get("files")),
        renamed=_texts(data.get("renamed")),
        own={container: _names(below) for container, below in _mapping(data.get("own")).items()},
        pod=_names(data.get("pod")),
        default=data.get("default") is True,
    )


def _mapping(found: object) -> dict[str, object]:
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> dict[str, str]:
    return {key: each for key, each in _mapping(found).items() if isinstance(each, str)}


def _names(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
