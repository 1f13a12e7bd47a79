"""Whether a workspace's owners look the same inside an engine's user namespace (idmapped mounts)."""

import errno

from dinp.agent.decisions.words import listed
from dinp.knowledge.versions import IDMAPPED_MOUNTS
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.id_maps import is_first_namespace
from dinp.model.node_facts import NodeFacts, Trial
from dinp.model.problem import Problem, WorldRefusedError


def choose_shift(facts: NodeFacts, isolation: IsolationKind, workspaces: tuple[str, ...]) -> tuple[bool, Decision]:
    """Whether idmapped mounts are used.

    Raises:
        WorldRefusedError: a workspace was asked for that cannot be shown with its owners.
    """
    if isolation is not IsolationKind.USERNS:
        why = "only an engine in a tenant's user namespace sees other ids than its clients"
        return False, Decision("owners", f"isolation {isolation.value}", "as they are", why, "isolation userns")
    trials = dict(facts.storage.shifted)
    refused = [(path, trials[path]) for path in workspaces if path in trials and not trials[path].works]
    if refused:
        raise WorldRefusedError(*(_refused(facts, path, trial) for path, trial in refused))
    works = bool(trials) and all(trial.works for trial in trials.values())
    seen = (
        "; ".join(f"{path}: {'works' if trial.works else trial.error}" for path, trial in trials.items()) or "not tried"
    )
    chosen = "shifted back" if works else "as they are"
    why = (
        f"idmapped mounts work on {listed(trials, 'and')}, so files keep their owners on both sides"
        if works
        else f"the kernel or the file system has no idmapped mounts (Linux {IDMAPPED_MOUNTS})"
    )
    return works, Decision("owners", seen, chosen, why, "another file system below the workspace")


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
        f"{path} cannot be mounted with its owners kept ({trial.error}): its file system does not support idmapped"
        " mounts; overlay, the root file system of a container, never does.",
        "Make the workspace a volume (in a pod: an emptyDir), on ext4, xfs, btrfs or tmpfs.",
    )
