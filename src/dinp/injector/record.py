"""What inject did to a pod and what was there before, so that eject can tell its own from what people wrote.

Kept in an annotation, as JSON. Of what a pod cannot show any more the text is kept; of what was put in, names and
values; of the agent's container and volumes, which nobody else has under their names, fingerprints.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dinp.model.pod import Json

_VERSION = 2

_FILLED_IN = frozenset(
    {"imagePullPolicy", "terminationMessagePath", "defaultMode", "creationTimestamp", "volumeMode", "status"}
)
"""What the API server adds by itself to such containers and volumes (kubernetes, pkg/apis/core/v1/defaults.go)."""

_MADE_EMPTY = frozenset({"resources", "requests", "metadata"})
"""What it adds without anything below, or with what it adds there."""

TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where it mounts the pod's token, in every container."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was there before, and what was put in.

    Attributes:
        empty: lists and mappings that were there but empty, by place; as text, everything behind the key's colon.
        sockets: the sources of the volumes that brought the node's socket, by volume; as text, key and all.
        parts: mounts of the socket itself, by place, that have a subPath now; the text of an empty one that they had.
        renamed: names of volumes in mounts that lead to another volume now, by place; as text behind the colon.
        read_only: mounts that a container may write to now, by place: their `readOnly` as text behind the colon.
        own: the contract's variables that a container had itself, by container.
        clients: the containers that got Docker.
        env: the variables that they got, but for those that they had.
        mounts: the mounts that they got.
        made: fingerprints of the agent's container and of the volumes, by name.
        pod: fields of the pod's spec that were not there.
        default: the default container, where none was named.
    """

    empty: dict[str, str] = field(default_factory=dict)
    sockets: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str | None] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    read_only: dict[str, str] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    clients: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    mounts: list[Json] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    pod: dict[str, Json] = field(default_factory=dict)
    default: str = ""

    @property
    def socket_volume(self) -> str | None:
        """The volume that holds the agent's socket now, where the pod had one for the node's."""
        return next(iter(self.sockets), None)

    def dumped(self) -> str:
        """As it is kept."""
        said = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return json.dumps({"version": _VERSION, **said}, ensure_ascii=False, separators=(",", ":"))


def read_record(kept: str) -> Record | None:
    """A record from its annotation; None where it is none of this version."""
    try:
        data = json.loads(kept)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.pop("version", None) != _VERSION:
        return None
    mounts, default = data.get("mounts"), data.get("default")
    return Record(
        empty=_texts(data.get("empty")),
        sockets=_texts(data.get("sockets")),
        parts={key: each if isinstance(each, str) else None for key, each in _mapping(data.get("parts")).items()},
        renamed=_texts(data.get("renamed")),
        read_only=_texts(data.get("read_only")),
        own={container: _names(below) for container, below in _mapping(data.get("own")).items()},
        clients=_names(data.get("clients")),
        env=_texts(data.get("env")),
        mounts=mounts if isinstance(mounts, list) else [],
        made=_texts(data.get("made")),
        pod=_mapping(data.get("pod")),
        default=default if isinstance(default, str) else "",
    )


def fingerprint(thing: Json) -> str:
    """Tells whether a container or volume is still the one that was put in, whatever the API server filled in."""
    said = json.dumps(_as_made(thing), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _as_made(thing: Json) -> Json:
    if isinstance(thing, Mapping):
        granted = thing.get("limits")
        asked = thing.get("requests")
        if isinstance(granted, Mapping) and isinstance(asked, Mapping):
            # Where a limit has no request, the API server writes one of the same amount.
            left = {name: amount for name, amount in asked.items() if amount != granted.get(name)}
            thing = {**thing, "requests": left}
        kept = {key: _as_made(below) for key, below in thing.items() if key not in _FILLED_IN}
        return {key: below for key, below in kept.items() if key not in _MADE_EMPTY or below}
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        return [_as_made(each) for each in thing if not isinstance(each, Mapping) or each.get("mountPath") != TOKENS]
    return thing


def _mapping(found: object) -> dict[str, Json]:
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> dict[str, str]:
    return {key: each for key, each in _mapping(found).items() if isinstance(each, str)}


def _names(found: object) -> list[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
