"""Finds the node that an edit means, and refuses places where an edit would change more than it says."""

from __future__ import annotations

from dinp.manifests.edits import Path
from dinp.manifests.yaml_tree import Alias, Mapping, Node, Scalar, Sequence, entry


class NotEditableError(Exception):
    """An edit cannot be made in this text without changing something else; `offset` is where."""

    def __init__(self, offset: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what
        self.remedy = remedy


_WRITE_OUT = "Write the value out there, without anchors and merge keys."


def node_at(root: Node, path: Path, anchored: frozenset[Node]) -> Node:
    """The node at a path.

    Args:
        root: of the document.
        path: to the node.
        anchored: nodes that aliases lead to.

    Raises:
        NotEditableError: the way leads through an alias, an anchor in use, or a mapping with a merge key.
    """
    node = root
    for step in path:
        node = _editable(node, anchored)
        if isinstance(node, Mapping):
            found = entry(node, str(step))
            if found is None:
                raise NotEditableError(node.start, f"{step} is not there", "Report this as a defect.")
            node = found[1]
        elif isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
        else:
            raise NotEditableError(node.start, f"{step} leads nowhere", "Report this as a defect.")
    return _editable(node, anchored)


def aliased(root: Node) -> frozenset[Node]:
    """Every node that an alias leads to."""
    found: set[Node] = set()
    todo = [root]
    while todo:
        match todo.pop():
            case Alias(target=target):
                found.add(target)
            case Sequence(items=items):
                todo += items
            case Mapping(entries=entries):
                todo += [value for _, value in entries]
            case Scalar():
                continue
    return frozenset(found)


def _editable(node: Node, anchored: frozenset[Node]) -> Node:
    if isinstance(node, Alias):
        raise NotEditableError(node.start, "an alias stands where a change is needed", _WRITE_OUT)
    if node in anchored:
        what = "an alias elsewhere stands for this place, so a change would change both"
        raise NotEditableError(node.start, what, _WRITE_OUT)
    if isinstance(node, Mapping) and entry(node, "<<") is not None:
        raise NotEditableError(node.start, "a merge key fills a mapping that has to be changed", _WRITE_OUT)
    return node
