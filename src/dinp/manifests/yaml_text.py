"""Data to YAML text, always the same bytes for the same data."""

from __future__ import annotations

import yaml

from dinp.model.pod import Json


class _Dumper(yaml.SafeDumper):
    """Keeps the order of keys, writes no aliases, and texts of several lines as blocks."""

    indented = False

    def ignore_aliases(self, data: object) -> bool:
        """Never an alias: whoever edits one place means one place."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists below keys are indented where the dumper is told so."""
        super().increase_indent(flow, indentless and not self.indented)


class _IndentedDumper(_Dumper):
    indented = True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text.rstrip("\n") and all(not line.endswith((" ", "\t")) for line in text.splitlines())
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


def _list(dumper: yaml.SafeDumper, items: list[Json]) -> yaml.SequenceNode:
    """Short lists of words, such as commands, stand in one line."""
    words = [item for item in items if isinstance(item, str) and "\n" not in item]
    flow = 0 < len(words) == len(items) and sum(len(word) + 2 for word in words) <= _SHORT
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


for _each in (_Dumper, _IndentedDumper):
    _each.add_representer(str, _text)
    _each.add_representer(list, _list)

_SHORT = 90
_WIDE = 10**6
"""Lines are never broken: a diff then shows what changed, and nothing else."""


def yaml_text(value: Json, *, indented_lists: bool = False) -> str:
    """One value as block-style YAML.

    Args:
        value: what to write.
        indented_lists: whether the items of a list stand deeper than its key.
    """
    dumper = _IndentedDumper if indented_lists else _Dumper
    return yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=_WIDE, default_flow_style=False)


def documents_text(objects: list[Json]) -> str:
    """Objects as a stream of documents, ready for `kubectl apply -f -`."""
    return "---\n".join(yaml_text(each) for each in objects)
