"""A choice with its reason: product rule 5, "a decision without a reason is a defect"."""

from dinp.model.value import Value


class Decision(Value):
    """One choice made for an engine.

    Attributes:
        about: what was decided, e.g. `storage-driver`; the key in `dinp preflight -o json`.
        seen: the facts that it rests on, in words.
        chosen: the value that was chosen.
        why: why that value follows from what was seen.
        would_change: what would have to be different for another choice.
    """

    about: str
    seen: str
    chosen: str
    why: str
    would_change: str
