"""What other people's packet filters do with a packet that an engine forwards. No I/O here.

An accept in one table does not win against a drop in another: every base chain on the forward hook has to let a packet
through. This reads chains as a packet with nothing special about it would meet them: a rule with conditions is passed
over, because it is meant for somebody else (or, when it is meant for us, it was written on purpose).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

_DEEPEST = 16
"""The kernel's own limit of nested jumps (NFT_JUMP_STACK_SIZE)."""


class Verdict(Enum):
    """What a rule does with a packet that it matches."""

    NONE = "none"
    ACCEPT = "accept"
    DROP = "drop"
    RETURN = "return"
    JUMP = "jump"
    GOTO = "goto"


@dataclass(frozen=True, slots=True)
class Way:
    """A way that engines' packets take through the machine.

    Attributes:
        hook: `forward` or `input`.
        side: `iifname` for what comes from a link, `oifname` for what goes to one.
        to: the only address on this way (a resolver on loopback); None is every one.
    """

    hook: str
    side: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignRule:
    """One rule.

    Attributes:
        for_everything: whether it has no conditions that could leave our packet out.
        verdict: what it does; `target` is the chain of a jump or goto.
    """

    for_everything: bool
    verdict: Verdict
    target: str = ""


def stops(chains: Mapping[str, Sequence[ForeignRule]], base: str, policy: Verdict) -> bool:
    """Whether the base chain `base` of a table stops a packet with nothing special about it."""
    end = _walk(chains, base, _DEEPEST)
    return (policy if end is Verdict.RETURN else end) is Verdict.DROP


def passes_first_through(chains: Mapping[str, Sequence[ForeignRule]], base: str, wanted: str) -> bool:
    """Whether every packet in `base` goes through the chain `wanted` before anything can stop it."""
    for rule in chains.get(base, ()):
        if rule.for_everything and rule.verdict is Verdict.JUMP and rule.target == wanted:
            return True
        if rule.verdict is not Verdict.NONE:
            return False
    return False


def _walk(chains: Mapping[str, Sequence[ForeignRule]], name: str, depth: int) -> Verdict:
    for rule in chains.get(name, ()) if depth else ():
        if not rule.for_everything:
            continue
        match rule.verdict:
            case Verdict.ACCEPT | Verdict.DROP | Verdict.RETURN:
                return rule.verdict
            case Verdict.JUMP:
                end = _walk(chains, rule.target, depth - 1)
                if end is not Verdict.RETURN:
                    return end
            case Verdict.GOTO:
                return _walk(chains, rule.target, depth - 1)
            case Verdict.NONE:
                continue
    return Verdict.RETURN
