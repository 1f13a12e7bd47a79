"""Several texts of YAML or JSON as one stream of documents, as `kubectl -f` takes it."""

from __future__ import annotations

from dinp.manifests.spans import newline
from dinp.manifests.yaml_tree import NotYamlError, parse, value


def stream(texts: tuple[str, ...]) -> str | None:
    """The texts one after the other, each byte for byte, with separators where they are missing.

    None where they would not say together what they say apart: a text stops within a block, or begins with a mark that
    only a file may begin with.
    """
    result, *others = texts
    for text in others:
        ends = newline(result)
        closed = result if result.endswith("\n") or not result else f"{result}{ends}"
        result = f"{closed}{_separator(text, ends) if result else ''}{text}"
    return result if len(texts) == 1 or _says_the_same(result, texts) else None


def _separator(text: str, ends: str) -> str:
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, "")
    if first.startswith("%"):
        return f"...{ends}"
    return "" if first == "---" or first.startswith("--- ") else f"---{ends}"


def _says_the_same(result: str, texts: tuple[str, ...]) -> bool:
    try:
        apart = [value(root) for text in texts for root in parse(text)]
        return [value(root) for root in parse(result)] == apart
    except NotYamlError:
        return False
