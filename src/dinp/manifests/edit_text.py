"""Applies edits to a text: every byte that an edit does not mean stays as it was, comments and layout included.

What is put in takes whole lines in block style, and follows the neighbours' layout in flow style, so that taking the
same things out again leaves the same bytes.
"""

from __future__ import annotations

from dinp.manifests import flow_text
from dinp.manifests.edits import AddEntry, AddItems, Edit, RemoveEntry, RemoveItems, SetValue, SwapEntry
from dinp.manifests.places import NotEditableError, aliased, node_at
from dinp.manifests.spans import (
    column,
    ends_within_block_scalar,
    item_start,
    line_after,
    line_start,
    lines_end,
    newline,
)
from dinp.manifests.splices import Splice, spliced
from dinp.manifests.yaml_text import yaml_text
from dinp.manifests.yaml_tree import Mapping, Node, Scalar, Sequence, entry
from dinp.model.pod import Json
from dinp.model.value import Value


class TextEditor(Value):
    """One text.

    Attributes:
        text: of the file.
        indented_lists: whether the items of its block lists stand deeper than their keys.
    """

    text: str
    indented_lists: bool

    def apply(self, edits: tuple[tuple[Node, Edit], ...]) -> str:
        """The text with all edits made; each comes with the root of its document.

        Raises:
            NotEditableError: an edit would change more than it says.
        """
        anchors = {root: aliased(root) for root, _ in edits}
        splices = []
        thinned: dict[int, tuple[Mapping, set[str]]] = {}
        for root, edit in edits:
            node = node_at(root, edit.path, anchors[root])
            if isinstance(edit, RemoveEntry) and isinstance(node, Mapping):
                thinned.setdefault(node.start, (node, set()))[1].add(edit.key)
            else:
                splices += self._splices(node, edit)
        for mapping, keys in thinned.values():
            splices += self._without_entries(mapping, keys)
        return spliced(self.text, splices)

    def _splices(self, node: Node, edit: Edit) -> list[Splice]:
        match edit:
            case AddItems() if isinstance(node, Sequence):
                return [self._items(node, edit)]
            case AddEntry() if isinstance(node, Mapping):
                return [self._entry(node, edit)]
            case RemoveItems() if isinstance(node, Sequence):
                return self._without_items(node, edit.positions)
            case SetValue() if isinstance(node, Mapping):
                key, value = self._known(node, edit.key)
                raw = edit.raw if edit.raw is not None else f" {self._inline(edit.value, key.start)}"
                return [Splice(self._behind_colon(key), value.end, raw)]
            case SwapEntry() if isinstance(node, Mapping):
                key, value = self._known(node, edit.key)
                raw = edit.raw if edit.raw is not None else self._swapped(edit, key, node)
                return [Splice(key.start, value.end, raw)]
            case _:
                raise NotEditableError(node.start, "the form of this place is unexpected", "Report this as a defect.")

    def raw_value(self, mapping: Mapping, key: str) -> str:
        """A key's value as text: everything behind the colon."""
        name, value = self._known(mapping, key)
        return self.text[self._behind_colon(name) : value.end]

    def raw_entry(self, mapping: Mapping, key: str) -> str:
        """A key with its value as text."""
        name, value = self._known(mapping, key)
        return self.text[name.start : value.end]

    def _items(self, node: Sequence, edit: AddItems) -> Splice:
        if node.flow:
            return flow_text.with_items(self.text, node, edit.items, first=edit.first)
        where = column(self.text, node.dash)
        lines = self._lines(list(edit.items), where)
        depth = 2 * where + 1  # deeper than a key that stands in the same column: lists need not be indented
        if edit.first:
            return self._whole_lines(self._first_item(node), lines, depth)
        self._refuse_cut(node)
        return self._whole_lines(lines_end(self.text, node), lines, depth)

    def _first_item(self, node: Sequence) -> int:
        """Right below the line with the list's key: comments between it and the first item stay with that item."""
        text = self.text
        above = text[: line_start(text, node.dash)]
        while above.endswith("\n"):
            start = line_start(above, len(above) - 1)
            words = above[start:].strip()
            if words and not words.startswith("#"):
                break
            above = above[:start]
        return len(above)

    def _entry(self, node: Mapping, edit: AddEntry) -> Splice:
        if node.flow:
            return flow_text.with_entry(self.text, node, edit.key, edit.value)
        self._refuse_cut(node)
        where = column(self.text, node.entries[0][0].start)
        return self._whole_lines(lines_end(self.text, node), self._lines({edit.key: edit.value}, where), 2 * where)

    def _lines(self, value: Json, where: int) -> str:
        parts = [("- ", item) for item in value] if isinstance(value, list) else [("", value)]
        ends = newline(self.text)
        lines = []
        for mark, part in parts:
            # Behind a single word the emitter ends the document, which here goes on.
            text = yaml_text(part, indented_lists=self.indented_lists).removesuffix("...\n")
            first, *others = text.splitlines()
            lines += [f"{mark}{first}", *(f"{' ' * len(mark)}{line}" if line else line for line in others)]
        return "".join(f"{' ' * where}{line}{ends}" if line else ends for line in lines)

    def _whole_lines(self, position: int, lines: str, depth: int) -> Splice:
        """Lines put in at the beginning of a line; behind a last line without an end, the end comes first."""
        if position == len(self.text) and position > 0 and self.text[-1] != "\n":
            ends = newline(self.text)
            lines = ends + lines.removesuffix(ends)
        return Splice(position, position, lines, depth)

    def _refuse_cut(self, node: Node) -> None:
        if ends_within_block_scalar(self.text, node):
            what = "the file ends within a block of text, without a line's end"
            raise NotEditableError(len(self.text), what, "End the file's last line.")

    def _without_items(self, node: Sequence, positions: frozenset[int]) -> list[Splice]:
        if node.flow:
            return flow_text.without([(item.start, item.end) for item in node.items], positions, node.start)
        text = self.text
        return [
            Splice(item_start(text, node, position), lines_end(text, node.items[position]), "")
            for position in sorted(positions)
        ]

    def _without_entries(self, node: Mapping, names: set[str]) -> list[Splice]:
        """Keys taken out together: in flow style, neighbours share the comma between them."""
        known = {id(self._known(node, name)[0]) for name in names}
        positions = frozenset(number for number, (key, _) in enumerate(node.entries) if id(key) in known)
        if node.flow:
            return flow_text.without([(key.start, value.end) for key, value in node.entries], positions, node.start)
        return [self._without_entry(node, position) for position in sorted(positions)]

    def _without_entry(self, node: Mapping, position: int) -> Splice:
        key, value = node.entries[position]
        start = line_start(self.text, key.start)
        if self.text[start : key.start].strip() and position + 1 < len(node.entries):
            # Behind the dash of a list's item: the next key takes its place.
            return Splice(key.start, node.entries[position + 1][0].start, "")
        return Splice(start, max(lines_end(self.text, value), line_after(self.text, key.end)), "")

    def _swapped(self, edit: SwapEntry, key: Scalar, node: Mapping) -> str:
        value = self._inline(edit.value, key.start)
        if node.flow:
            quote = self.text[key.start] if self.text[key.start] in "\"'" else ""
            return f"{quote}{edit.new_key}{quote}: {value}"
        return f"{edit.new_key}: {value}"

    def _inline(self, value: Json, position: int) -> str:
        return flow_text.inline(value, self.text, position)

    def _behind_colon(self, key: Scalar) -> int:
        return self.text.index(":", key.end) + 1

    def _known(self, node: Mapping, key: str) -> tuple[Scalar, Node]:
        found = entry(node, key)
        if found is None:
            raise NotEditableError(node.start, f"{key} is not there", "Report this as a defect.")
        return found
