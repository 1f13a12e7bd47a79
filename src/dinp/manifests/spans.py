"""Where things begin and end in a text: lines, indentation, the last character that belongs to a node."""

from __future__ import annotations

from dinp.manifests.yaml_tree import Mapping, Node, Scalar, Sequence


def line_start(text: str, index: int) -> int:
    """The offset of the first character of the line that holds `index`."""
    return text.rfind("\n", 0, index) + 1


def line_after(text: str, index: int) -> int:
    """The offset behind the end of the line that holds `index`; the text's end where it is the last."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def column(text: str, index: int) -> int:
    """How many characters stand before `index` in its line."""
    return index - line_start(text, index)


def leaf(node: Node) -> Node:
    """The last node without nodes below it, where the text of `node` ends."""
    while True:
        if isinstance(node, Sequence) and not node.flow:
            node = node.items[-1]
        elif isinstance(node, Mapping) and not node.flow:
            node = node.entries[-1][1]
        else:
            return node


def lines_end(text: str, node: Node) -> int:
    """The offset behind the last line of a node in block style: where a next one may begin."""
    last = leaf(node)
    if not (isinstance(last, Scalar) and last.block):
        return line_after(text, last.end)
    end = last.end
    keeps = "+" in text[last.start : line_after(text, last.start)].partition("#")[0]
    while not keeps and end > last.start and text[line_start(text, end - 1) : end].strip("\r\n") == "":
        end = line_start(text, end - 1)
    return end


def ends_within_block_scalar(text: str, node: Node) -> bool:
    """Whether the text stops in a node's block scalar without a line's end: anything behind it would change it."""
    last = leaf(node)
    return isinstance(last, Scalar) and last.block and last.end == len(text) and not text.endswith("\n")


def item_start(text: str, sequence: Sequence, position: int) -> int:
    """The offset of the line with the dash of an item of a block list."""
    where = column(text, sequence.dash)
    start = line_start(text, sequence.items[position].start)
    while text[start : start + where + 1].strip(" ") != "-":
        before = line_start(text, start - 1) if start else 0
        if before == start:
            break
        start = before
    return start


def newline(text: str) -> str:
    """How the text's lines end."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
