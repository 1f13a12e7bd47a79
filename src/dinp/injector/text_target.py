"""A pod in a file: the texts of its places, and where they are."""

from __future__ import annotations

from dinp.manifests.edit_text import TextEditor
from dinp.manifests.edits import Path
from dinp.manifests.places import NotEditableError
from dinp.manifests.yaml_tree import Alias, Mapping, Node, Sequence, entry
from dinp.model.value import Value


class TextTarget(Value):
    """See `Target`; `prefix` leads from the root of the document to the pod."""

    text: str
    root: Node
    prefix: Path

    def raw_value(self, path: Path, key: str) -> str:
        """See `Target`."""
        return TextEditor(self.text, indented_lists=False).raw_value(self._mapping(path), key)

    def raw_entry(self, path: Path, key: str) -> str:
        """See `Target`."""
        return TextEditor(self.text, indented_lists=False).raw_entry(self._mapping(path), key)

    def _mapping(self, path: Path) -> Mapping:
        found = nearest(self.root, (*self.prefix, *path))
        if not isinstance(found, Mapping):
            raise NotEditableError(found.start, "a mapping is expected", "Write the value out there.")
        return found


def nearest(root: Node, path: Path) -> Node:
    """The node at a path, or the last one on the way that is there."""
    node = root
    for step in path:
        node = node.target if isinstance(node, Alias) else node
        found = entry(node, str(step))
        if found is not None:
            node = found[1]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node.target if isinstance(node, Alias) else node
