"""docs/reference/failures.md, from the catalogue."""

from dinp.knowledge.failure import Failure
from dinp.knowledge.failures import THEMES

_HEAD = """\
# What can go wrong, and what to do about it

<!-- Made from src/dinp/knowledge/catalogue/ by `python -m tools.docs`. -->

Each heading is a code, as errors, log lines and `dinp explain CODE` name it. `dinp explain --log FILE` recognises
those that show in a log, of dinp or of any Docker engine, and tells causes before what follows from them.
"""


def failures_page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for theme, failures in THEMES.items():
        parts.append(f"## {theme}\n")
        parts += [_entry(failure) for failure in failures]
    return "\n".join(parts)


def _entry(failure: Failure) -> str:
    lines = [
        f"### {failure.code}\n",
        f"**{failure.title}** ({failure.severity.value}). {failure.cause}\n",
        f"What to do: {failure.remedy}\n",
    ]
    if failure.depends_on:
        lines.append(f"May follow from {', '.join(f'[{code}](#{code})' for code in failure.depends_on)}.\n")
    if failure.sources:
        lines.append(f"Source: {', '.join(_source(source) for source in failure.sources)}.\n")
    return "\n".join(lines)


def _source(source: str) -> str:
    return f"<{source}>" if source.startswith("https://") else source
