"""Groovy, as Jenkins reads it."""

import re

_JOINING_QUOTE = re.compile(r"'(?='|\Z)")
"""A quote in front of another one: three in a row would end the string."""


def single_quoted(text: str) -> str:
    """`text` as a triple-single-quoted string, in which Groovy interpolates nothing.

    In triple double quotes `$(NAME)` does not compile, and `${name}` is replaced before Kubernetes sees the YAML
    (groovy-lang.org, syntax, "String interpolation"). In single quotes only the backslash and quotes in a row need
    care.
    """
    escaped = _JOINING_QUOTE.sub(r"\\'", text.replace("\\", "\\\\"))
    return f"'''{escaped}'''"


def quoted(text: str) -> str:
    """A short text as a string of one line."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
