"""An entry of the catalogue of failures: one cause, in words for the person who meets it."""

from enum import Enum

from dinp.model.value import Value


class Severity(Enum):
    """How much a failure matters to whoever meets it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    """Looks like a failure in a log, but is none."""


class Failure(Value):
    """One entry.

    Attributes:
        code: a stable name, shared by errors, log lines, metrics and pages; also the heading's anchor.
        title: what is wrong, as a phrase without a full stop.
        cause: why it happens, in whole sentences.
        remedy: what to do about it, in the imperative.
        severity: how much it matters.
        patterns: regular expressions (re.MULTILINE) that recognise it in a log; empty for what only dinp itself says.
        depends_on: codes of failures of which this one may be a mere symptom; their causes are told first.
        sources: where the facts come from.
    """

    code: str
    title: str
    cause: str
    remedy: str
    severity: Severity = Severity.ERROR
    patterns: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
