"""Replaces pieces of a text, all at once."""

from __future__ import annotations

from dinp.manifests.spans import newline
from dinp.model.value import Value, replace


class Splice(Value):
    """One piece.

    Attributes:
        start: offset of its first character.
        end: offset behind its last one.
        text: what comes in its place.
        depth: of lines that are put in, how deep they belong: of two at one place the deeper one comes first,
            because it belongs to what has just ended there.
    """

    start: int
    end: int
    text: str
    depth: int = 0


def spliced(text: str, splices: list[Splice]) -> str:
    """The text with every piece replaced."""
    pieces = []
    done = 0
    for splice in _merged(text, sorted(splices, key=lambda each: (each.start, -each.depth))):
        pieces += [text[done : splice.start], splice.text]
        done = splice.end
    return "".join([*pieces, text[done:]])


def _merged(text: str, splices: list[Splice]) -> list[Splice]:
    """Removals that touch each other made one: only then is it seen whether one ends a text without a line's end."""
    merged: list[Splice] = []
    for splice in splices:
        last = merged[-1] if merged else None
        if last is not None and not last.text and not splice.text and last.end == splice.start:
            merged[-1] = replace(last, end=splice.end)
        else:
            merged.append(splice)
    return [_without_end(text, splice) if not splice.text else splice for splice in merged]


def _without_end(text: str, splice: Splice) -> Splice:
    """A removal of the last lines of a text that does not end its last line takes the end of the line before too."""
    ends = newline(text)
    whole = splice.start > 0 and text[splice.start - 1] == "\n"
    if splice.end == len(text) and whole and not text.endswith("\n"):
        return replace(splice, start=splice.start - len(ends))
    return splice
