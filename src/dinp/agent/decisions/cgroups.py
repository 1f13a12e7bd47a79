"""Whether an engine can have control groups of its own, with limits."""

from dinp.agent.decisions.words import listed
from dinp.model.choices import CgroupKind
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind, Limits
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError

_CONTROLLERS = {"memory": "memory", "cpus": "cpu", "pids": "pids"}
"""Which controller each limit needs; disk has none."""


def choose_cgroups(
    facts: NodeFacts, isolation: IsolationKind, limits: Limits
) -> tuple[tuple[CgroupKind, bool], Decision]:
    """How control groups are mounted, and whether limits can be set.

    Raises:
        WorldRefusedError: a limit was asked for that cannot be set here: it would silently not hold.
    """
    groups = facts.cgroups
    possible = bool(groups.writable) and "memory" in groups.controllers and "pids" in groups.controllers
    if isolation is IsolationKind.ROOTLESS and groups.kind is not CgroupKind.V2:
        possible = False
    wanted = [name for name in _CONTROLLERS if getattr(limits, name) is not None]
    absent = [name for name in wanted if not possible or _CONTROLLERS[name] not in groups.controllers]
    seen = f"cgroups are {groups.kind.value}" + (
        f"; the agent may make groups with {listed(dict.fromkeys(groups.controllers), 'and')}"
        if groups.writable
        else "; the agent may make none"
    )
    if groups.kind is CgroupKind.V2 and groups.why:
        seen += f", in {groups.writable[-1]} ({groups.why})"
    if absent:
        raise WorldRefusedError(_limits_refused(absent, seen))
    chosen = "limits and accounting for each engine" if possible else "no groups of its own"
    why = (
        "the agent may make groups, so each engine gets one of its own"
        if possible
        else "the groups that are mounted here cannot be changed by the agent"
    )
    change = "cgroups delegated to the agent (v2), or an agent that is root with writable cgroups"
    return (groups.kind, possible), Decision("cgroups", seen, chosen, why, change)


def _limits_refused(absent: list[str], seen: str) -> Problem:
    keys = listed((f"engine.limits.{name}" for name in absent), "and")
    return Problem(
        "limits-impossible",
        f"{keys} cannot be kept here: {seen}.",
        "Let the agent make control groups: as root, in a privileged container, or on cgroup v2 as a user by"
        f" `systemd-run --user --scope dinp …`; or remove {keys}.",
    )
