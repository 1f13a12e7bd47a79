"""How somebody lays out their YAML, so that what is added looks the same."""

from __future__ import annotations

from dinp.manifests.spans import column
from dinp.manifests.yaml_tree import Mapping, Node, Sequence


def indented_lists(text: str, documents: tuple[Node, ...]) -> bool:
    """Whether the items of block lists stand deeper than their keys: as the first such list has it."""
    todo: list[Node] = list(reversed(documents))
    while todo:
        node = todo.pop()
        if isinstance(node, Sequence):
            todo += reversed(node.items)
        elif isinstance(node, Mapping) and not node.flow:
            for key, below in node.entries:
                if isinstance(below, Sequence) and not below.flow:
                    return column(text, below.dash) > column(text, key.start)
            todo += [below for _, below in reversed(node.entries)]
    return False
