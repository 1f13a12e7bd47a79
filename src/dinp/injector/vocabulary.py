"""What the injector answers: what to change, or why nothing changes, or why it will not."""

from __future__ import annotations

from dataclasses import dataclass

from dinp.manifests.edits import Edit, Path
from dinp.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Inject:
    """Change the pod.

    Attributes:
        edits: paths begin at the pod (template), which has `metadata` and `spec`.
        notes: what the person should know, sentence by sentence.
    """

    edits: tuple[Edit, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave the pod as it is; a sentence says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pod is refused.

    Attributes:
        path: from the pod to what is in the way.
        problem: the sentence and the way out.
    """

    path: Path
    problem: Problem


@dataclass(frozen=True, slots=True)
class Refuse:
    """The pod cannot be changed safely: every reason there is."""

    reasons: tuple[Reason, ...]


Answer = Inject | Skip | Refuse
