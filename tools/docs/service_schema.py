"""schemas/service.schema.json, from the table of keys: editors complete and check a service spec with it."""

import json
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any

from dinp.model.config_keys import Key, KeyKind
from dinp.model.config_values import IMAGE
from dinp.model.service_document import STORAGE_NEEDS, STORAGE_ONLY_FOR
from dinp.model.service_keys import SERVICE
from dinp.model.service_spec import EndpointKind, StorageKind
from tools.docs.number_patterns import at_least, at_most, size_of_at_least

Schema = dict[str, Any]

_DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"
_FORMS: dict[KeyKind, Schema] = {
    # Whatever stands there is taken as its text, the name of a Secret that is a number too.
    KeyKind.TEXT: {"type": ["string", "number", "boolean"], "minLength": 1},
    KeyKind.IMAGE: {"type": "string", "pattern": f"^({IMAGE})$"},
    KeyKind.PATH: {"type": "string", "pattern": "^/"},
    KeyKind.DURATION: {"type": "string", "pattern": _DURATION},
    KeyKind.DURATION_OR_NEVER: {"anyOf": [{"const": "never"}, {"type": "string", "pattern": _DURATION}]},
    KeyKind.SIZE: {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?(B|[kKMGT]B|[KMGT]iB?)$"},
    KeyKind.NUMBER: {"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": r"^[0-9]+(\.[0-9]+)?$"},
    KeyKind.COUNT: {"type": ["integer", "string"], "minimum": 1, "pattern": "^[0-9]+$"},
    KeyKind.NETWORK: {"type": "string", "pattern": "^[0-9a-fA-F:.]+/[0-9]{1,3}$"},
}
"""How values look (JSON Schema 2020-12); the parser checks more than a pattern can say."""


def service_schema() -> str:
    """The whole file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dinp service spec",
        "description": "What the engines of pods are to be; docs/reference/service.md.",
        **_mapping(SERVICE),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _mapping(keys: tuple[Key, ...]) -> Schema:
    schema: Schema = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {key.name: _property(key) for key in keys},
    }
    required = [key.name for key in keys if key.required]
    return {**schema, "required": required} if required else schema


def _with_kind(kinds: Iterable[Enum]) -> Schema:
    return {"properties": {"kind": {"enum": [kind.value for kind in kinds]}}}


def _only_for(name: str, kinds: Iterable[Enum], default: Enum) -> Schema:
    """A key that means something for some kinds only."""
    fitting = _with_kind(kinds)
    return {"if": {"required": [name]}, "then": fitting if default in kinds else {**fitting, "required": ["kind"]}}


def _needed(kind: Enum, name: str) -> Schema:
    return {"if": {**_with_kind([kind]), "required": ["kind"]}, "then": {"required": [name]}}


_TOGETHER: dict[str, Schema] = {
    "authorities": {"type": "object", "minProperties": 1, "maxProperties": 1},
    "endpoint": {"allOf": [_only_for("port", (EndpointKind.TCP, EndpointKind.TLS), EndpointKind.UNIX)]},
    "storage": {
        "allOf": [
            *(_needed(kind, name) for kind, name in STORAGE_NEEDS.items()),
            *(_only_for(name, kinds, StorageKind.EMPTY_DIR) for name, kinds in STORAGE_ONLY_FOR.items()),
        ]
    },
}
"""Sections whose keys depend on each other; what several sections say together is left to the parser."""


def _property(key: Key) -> Schema:
    default = f" Without it: {key.default}." if key.default else ""
    return {"description": f"{key.sentence}{default}", **_value(key)}


def _bounds(key: Key) -> Schema:
    """What a number or a size has to reach or not to pass, for numbers and for texts."""
    bounds: Schema = {}
    if key.least is not None and key.kind is KeyKind.SIZE:
        bounds["pattern"] = f"^({size_of_at_least(int(key.least))})$"
    elif key.least is not None:
        bounds["minimum"] = key.least
        bounds["allOf"] = [{"pattern": f"^{at_least(Decimal(key.least_words))}$"}]
    if key.most is not None:
        bounds["maximum"] = key.most
        bounds["allOf"] = [*bounds.get("allOf", ()), {"pattern": f"^{at_most(key.most)}$"}]
    return bounds


def _value(key: Key) -> Schema:
    if key.kind is KeyKind.SECTION:
        one = {**_mapping(key.keys), **_TOGETHER.get(key.name, {})}
    elif key.kind is KeyKind.CHOICE:
        one = {"enum": list(key.choices)}
    else:
        one = {**_FORMS[key.kind], **_bounds(key)}
    return {"type": ["array", "null"], "items": one} if key.many else one
