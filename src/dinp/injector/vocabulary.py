"""What the injector answers: what to change, or why nothing changes, or why it will not."""

from __future__ import annotations

from dinp.manifests.edits import Edit, Path
from dinp.model.problem import Problem
from dinp.model.value import Value


class Kept(Value):
    """What eject did not put back, because somebody wrote it after the injection.

    Attributes:
        path: from the pod to it.
        sentence: what it is.
    """

    path: Path
    sentence: str


class Inject(Value):
    """Change the pod.

    Attributes:
        edits: paths begin at the pod (template), which has `metadata` and `spec`.
        notes: what the person should know, sentence by sentence.
        kept: the same about single places.
    """

    edits: tuple[Edit, ...]
    notes: tuple[str, ...]
    kept: tuple[Kept, ...] = ()


class Skip(Value):
    """Leave the pod as it is; a sentence says why."""

    reason: str


class Reason(Value):
    """Why a pod is refused.

    Attributes:
        path: from the pod to what is in the way.
        problem: the sentence and the way out.
    """

    path: Path
    problem: Problem


class Refuse(Value):
    """The pod cannot be changed safely: every reason there is."""

    reasons: tuple[Reason, ...]


Answer = Inject | Skip | Refuse
