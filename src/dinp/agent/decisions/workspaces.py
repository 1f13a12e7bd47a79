"""Whether a workspace's owners look the same inside an engine's user namespace (idmapped mounts)."""

import errno

from dinp.agent.decisions.words import listed
from dinp.knowledge.versions import IDMAPPED_MOUNTS
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.id_maps import is_first_namespace
from dinp.model.node_facts import NodeFacts, Trial
from dinp.model.problem import Problem
from dinp.model.value import Value


class Shift(Value):
    """What was found out about idmapped mounts.

    Attributes:
        works: whether some directory can be mounted so.
        refused: workspaces that cannot, each with what is wrong there: a matter of the tenants that have them.
        decision: the record of it.
    """

    works: bool
    refused: tuple[tuple[str, Problem], ...]
    decision: Decision


def choose_shift(facts: NodeFacts, isolation: IsolationKind, workspaces: tuple[str, ...]) -> Shift:
    """Where idmapped mounts are used."""
    if isolation is not IsolationKind.USERNS:
        why = "only an engine in a tenant's user namespace sees other ids than its clients"
        decision = Decision("owners", f"isolation {isolation.value}", "as they are", why, "isolation userns")
        return Shift(works=False, refused=(), decision=decision)
    trials = dict(facts.storage.shifted)
    working = [path for path, trial in trials.items() if trial.works]
    refused = [(path, trials[path]) for path in workspaces if path in trials and not trials[path].works]
    seen = (
        "; ".join(f"{path}: {'works' if trial.works else trial.error}" for path, trial in trials.items()) or "not tried"
    )
    chosen = "shifted back" if working else "as they are"
    why = (
        f"idmapped mounts work on {listed(working, 'and')}, so files keep their owners on both sides"
        if working
        else f"the kernel or the file system has no idmapped mounts (Linux {IDMAPPED_MOUNTS})"
    )
    return Shift(
        works=bool(working),
        refused=tuple((path, _refused(facts, path, trial)) for path, trial in refused),
        decision=Decision("owners", seen, chosen, why, "another file system below the workspace"),
    )


def _refused(facts: NodeFacts, path: str, trial: Trial) -> Problem:
    if trial.errno == errno.ENOENT:
        return Problem(
            "workspace-missing",
            f"The workspace {path} is not there.",
            "Make the directory before the agent starts (in a pod: mount the volume in the agent's container too).",
        )
    if trial.errno == errno.EPERM and not is_first_namespace(facts.process.uid_map):
        return Problem(
            "workspace-not-shiftable",
            f"{path} cannot be mounted with its owners kept ({trial.error}): the agent is itself in a user namespace"
            " (hostUsers: false), where the kernel lets it shift only what it mounted itself.",
            "Set engine.isolation to rootless, which is made for such pods, or hostUsers: true.",
        )
    return Problem(
        "workspace-not-shiftable",
        f"{path} cannot be mounted with its owners kept ({trial.error}): that file system does not support idmapped"
        " mounts; overlay, the root file system of a container, never does.",
        "Make the workspace a volume (in a pod: an emptyDir), on ext4, xfs, btrfs or tmpfs.",
    )
