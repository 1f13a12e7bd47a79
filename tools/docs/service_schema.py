"""schemas/service.schema.json, from the table of keys: editors complete and check a service spec with it."""

import json
from typing import Any

from dinp.model.config_keys import Key, KeyKind
from dinp.model.service_keys import SERVICE

Schema = dict[str, Any]

_DURATION = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"
_FORMS: dict[KeyKind, Schema] = {
    KeyKind.TEXT: {"type": "string", "minLength": 1},
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


def _property(key: Key) -> Schema:
    default = f" Without it: {key.default}." if key.default else ""
    return {"description": f"{key.sentence}{default}", **_value(key)}


def _value(key: Key) -> Schema:
    if key.kind is KeyKind.SECTION:
        one = _mapping(key.keys)
    elif key.kind is KeyKind.CHOICE:
        one = {"enum": list(key.choices)}
    else:
        one = dict(_FORMS[key.kind])
    return {"type": ["array", "null"], "items": one} if key.many else one
