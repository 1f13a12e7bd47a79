"""Groovy, as Jenkins reads it."""


def single_quoted(text: str) -> str:
    """`text` as a triple-single-quoted string, in which Groovy interpolates nothing.

    In triple double quotes `$(NAME)` does not compile, and `${name}` is replaced before Kubernetes sees the YAML
    (groovy-lang.org, syntax, "String interpolation"). In single quotes only the backslash and the closing quotes
    need care: a backslash begins an escape, and a quote next to the closing ones would join them.
    """
    escaped = text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    if escaped.endswith("'"):
        escaped = escaped[:-1] + "\\'"
    return f"'''{escaped}'''"


def quoted(text: str) -> str:
    """A short text as a string of one line."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
