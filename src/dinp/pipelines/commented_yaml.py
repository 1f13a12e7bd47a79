"""Data as YAML that a person will edit: with comments on the places that are theirs to change."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from dinp.manifests.yaml_text import yaml_text
from dinp.model.pod import Json

Path = tuple[str | int, ...]
"""Keys and indexes from the root of a document to one of its values."""


def commented_yaml(data: Json, comments: Mapping[Path, str] | None = None) -> str:
    """`data` as one YAML document.

    Args:
        data: mappings, lists and scalars; keys keep their order.
        comments: path of a value -> the sentence that stands above it; lines of a sentence become lines of comment.

    Raises:
        KeyError: a comment's path leads nowhere in `data`.
    """
    text = yaml_text(data)
    if not comments:
        return text
    above = _places(text, comments)
    result = []
    for number, line in enumerate(text.splitlines()):
        indent = line[: len(line) - len(line.lstrip(" "))]
        result += [f"{indent}# {words}".rstrip() for words in above.get(number, ())]
        result.append(line)
    return "\n".join(result) + "\n"


def _places(text: str, comments: Mapping[Path, str]) -> dict[int, list[str]]:
    """Line (from 0) -> the comment lines that belong above it."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    result: dict[int, list[str]] = {}
    for path, sentence in comments.items():
        result.setdefault(_line(root, path), []).extend(sentence.splitlines())
    return result


def _line(node: yaml.Node | None, path: Path) -> int:
    line = 0
    for step in path:
        if isinstance(node, yaml.MappingNode):
            key, node = _entry(node, step, path)
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            raise KeyError(path)
    return line


def _entry(node: yaml.MappingNode, step: str | int, path: Path) -> tuple[yaml.Node, yaml.Node]:
    for key, value in node.value:
        if key.value == step:
            return key, value
    raise KeyError(path)
