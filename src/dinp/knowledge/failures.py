"""The catalogue of failures: by code, and recognised in the text of a log."""

import re
from functools import cache

from dinp.knowledge.catalogue.agent import AGENT
from dinp.knowledge.catalogue.engine import ENGINE
from dinp.knowledge.catalogue.injector import INJECTOR
from dinp.knowledge.catalogue.isolation import ISOLATION
from dinp.knowledge.catalogue.network import NETWORK
from dinp.knowledge.catalogue.pipelines import PIPELINES
from dinp.knowledge.catalogue.storage import STORAGE
from dinp.knowledge.failure import Failure, Severity
from dinp.model.value import Value

THEMES: dict[str, tuple[Failure, ...]] = {
    "Isolation": ISOLATION,
    "Storage": STORAGE,
    "Network": NETWORK,
    "The engine and its clients": ENGINE,
    "The agent": AGENT,
    "Pipelines": PIPELINES,
    "Workloads": INJECTOR,
}
"""The headings of docs/reference/failures.md, and what stands below each."""

ALL: tuple[Failure, ...] = tuple(failure for failures in THEMES.values() for failure in failures)
"""Every entry, theme by theme, in the order of docs/reference/failures.md."""

_BY_CODE = {failure.code: failure for failure in ALL}
_OWN_WORDS = r"\(dinp explain ([a-z0-9-]+)\)"
"""What dinp prints below each of its own errors."""
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Match(Value):
    """A failure that was recognised.

    Attributes:
        failure: which one.
        line: number of the line where it shows first, from 1.
        text: that line.
    """

    failure: Failure
    line: int
    text: str


def find(code: str) -> Failure | None:
    """The entry of that code; None when there is none."""
    return _BY_CODE.get(code)


def nearest(code: str) -> tuple[str, ...]:
    """Codes that `code` may have been meant for, the most likely first."""
    from difflib import get_close_matches

    words = set(code.split("-"))
    sharing = [known for known in _BY_CODE if words & set(known.split("-"))]
    return tuple(dict.fromkeys([*get_close_matches(code, _BY_CODE, 3, 0.6), *sharing]))[:5]


def recognise(text: str) -> tuple[Match, ...]:
    """The failures that show in a log, each once.

    Returns:
        Causes before what depends on them; then errors before warnings before notes; then in the order of the text.
    """
    found: dict[str, Match] = {}
    for failure, pattern in _compiled():
        if seen := pattern.search(text):
            _note(found, failure, text, seen.start())
    for seen in re.finditer(_OWN_WORDS, text):
        if own := _BY_CODE.get(seen.group(1)):
            _note(found, own, text, seen.start())
    return _causes_first(sorted(found.values(), key=lambda match: (_WEIGHT[match.failure.severity], match.line)))


@cache
def _compiled() -> tuple[tuple[Failure, re.Pattern[str]], ...]:
    """Compiled at the first log, not at import: most uses of the catalogue look up a code."""
    return tuple((failure, re.compile(pattern, re.MULTILINE)) for failure in ALL for pattern in failure.patterns)


def _note(found: dict[str, Match], failure: Failure, text: str, start: int) -> None:
    line = text.count("\n", 0, start) + 1
    known = found.get(failure.code)
    if known is None or line < known.line:
        found[failure.code] = Match(failure, line, text.split("\n", line)[line - 1].strip())


def _causes_first(matches: list[Match]) -> tuple[Match, ...]:
    """A stable order in which nothing stands before what it depends on; the dependencies have no circle (tested)."""
    ordered: list[Match] = []
    waiting = list(matches)
    while waiting:
        codes = {match.failure.code for match in waiting}
        ready = next(match for match in waiting if not codes & set(match.failure.depends_on))
        waiting.remove(ready)
        ordered.append(ready)
    return tuple(ordered)
