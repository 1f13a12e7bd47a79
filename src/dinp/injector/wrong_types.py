"""Which type Kubernetes expects at each place of a pod that an edit touches or a decision rests on: asked first of all.

Whatever else reads a pod may rely on it: a list is a list there, or is missing, null or empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dinp.injector.vocabulary import Reason
from dinp.manifests.edit_values import at
from dinp.manifests.edits import Path
from dinp.model import annotations as names
from dinp.model.pod import Json
from dinp.model.problem import Problem


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is expected at a place.

    Attributes:
        types: of its value.
        example: one, as a person writes it.
        keys: what is expected below a mapping's keys; others may have whatever they have.
        items: what is expected of each of a list's items.
        null: whether there may also be nothing.
    """

    types: tuple[type, ...]
    example: str
    keys: Mapping[str, _Shape] = field(default_factory=dict)
    items: _Shape | None = None
    null: bool = True


def wrong_types(pod: Json) -> tuple[Reason, ...]:
    """Every place of a pod (template) that has another type than Kubernetes expects; paths begin at the pod."""
    return tuple(_wrong(pod, _POD, ()))


def wrong_way(thing: Json, template: tuple[str, ...]) -> tuple[Reason, ...]:
    """The place on the way from an object to its pod that is no mapping, if there is one.

    Its path is empty: what is nearest to the pod that is not there is that place.
    """
    for length in range(1, len(template) + 1):
        found = at(thing, template[:length])
        if found is not None and not isinstance(found, dict):
            return (_reason(found, _mapping("{spec: {containers: […]}}"), (), template[:length]),)
    return ()


def _wrong(thing: Json, shape: _Shape, path: Path) -> Iterator[Reason]:
    if thing is None and shape.null:
        return
    if not isinstance(thing, shape.types):
        yield _reason(thing, shape, path, path)
        return
    if isinstance(thing, dict):
        for key, below in shape.keys.items():
            if key in thing:
                yield from _wrong(thing[key], below, (*path, key))
    elif isinstance(thing, list) and shape.items is not None:
        for position, item in enumerate(thing):
            yield from _wrong(item, shape.items, (*path, position))


def _reason(thing: Json, shape: _Shape, path: Path, named: Path) -> Reason:
    shown = json.dumps(thing, ensure_ascii=False)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    expected = " or ".join(_WORDS[each] for each in shape.types)
    sentence = f"{_written(named)} is {_WORDS[type(thing)]}, {shown}; Kubernetes expects {expected}."
    return Reason(path, Problem("inject-wrong-type", sentence, _remedy(thing, shape)))


def _remedy(thing: Json, shape: _Shape) -> str:
    if shape is _RECORD:
        return "Remove that annotation: dinp writes it itself."
    if str in shape.types and isinstance(thing, bool | int | float):
        return f'Put it in quotes: "{json.dumps(thing)}".'
    if shape is _VARIABLES and isinstance(thing, dict) and thing:
        name, value = next(iter(thing.items()))
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return (
            f"Write an item for each variable, e.g. - {json.dumps({'name': name, 'value': shown}, ensure_ascii=False)}"
        )
    return f"Write it like this: {shape.example}"


def _written(path: Path) -> str:
    """As kubectl and the API server write it."""
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return shown.removeprefix(".") or "the pod"


_SHOWN = 60
_WORDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    type(None): "empty",
}


def _mapping(example: str, *, null: bool = True, **keys: _Shape) -> _Shape:
    return _Shape((dict,), example, keys, null=null)


def _list(of: _Shape) -> _Shape:
    return _Shape((list,), f"[{of.example}]", items=of)


_TEXT = _Shape((str,), '"text"')
_TRUTH = _Shape((bool,), "true")
_VARIABLES = _list(_mapping('{name: NAME, value: "text"}', null=False, name=_TEXT))
_MOUNTS = _list(
    _mapping(
        "{name: data, mountPath: /data}",
        null=False,
        name=_TEXT,
        mountPath=_TEXT,
        subPath=_TEXT,
        subPathExpr=_TEXT,
        readOnly=_TRUTH,
    )
)
_CONTAINERS = _list(
    _mapping("{name: main, image: busybox}", null=False, name=_TEXT, image=_TEXT, env=_VARIABLES, volumeMounts=_MOUNTS)
)
_VOLUMES = _list(
    _mapping("{name: data, emptyDir: {}}", null=False, name=_TEXT, hostPath=_mapping("{path: /data}", path=_TEXT))
)
_RECORD = _Shape((str,), '"{…}"', null=False)
_ANNOTATIONS = _Shape(
    (dict,),
    '{key: "text"}',
    {
        names.INJECT: _Shape((str, bool), '"false"'),
        names.CONTAINERS: _Shape((str,), '"build,test"'),
        names.INJECTED: _RECORD,
    },
)
_SPEC = _mapping(
    "{containers: [{name: main, image: busybox}]}",
    initContainers=_CONTAINERS,
    containers=_CONTAINERS,
    volumes=_VOLUMES,
    securityContext=_mapping("{fsGroup: 1000}"),
    nodeSelector=_mapping("{kubernetes.io/os: linux}"),
    os=_mapping("{name: linux}", name=_TEXT),
    hostPID=_TRUTH,
    hostIPC=_TRUTH,
    hostNetwork=_TRUTH,
    hostUsers=_TRUTH,
)
_POD = _mapping(
    "{spec: {containers: […]}}",
    metadata=_mapping('{annotations: {key: "text"}}', annotations=_ANNOTATIONS),
    spec=_SPEC,
)
