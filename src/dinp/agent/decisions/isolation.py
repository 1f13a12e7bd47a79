"""How engines are kept apart here (product rule 3): userns where the agent is root, rootless where it is not."""

import errno

from dinp.agent.decisions.rootless_needs import max_user_namespaces_problem, rootless_problems
from dinp.agent.decisions.words import listed
from dinp.agent.id_ranges import allocate
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.capabilities import Capability, missing
from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineKind, IsolationKind, usual_isolation
from dinp.model.node_facts import NodeFacts, ProcessFacts
from dinp.model.problem import Problem, WorldRefusedError

ROOTFUL_NEEDS = (Capability.SYS_ADMIN, Capability.NET_ADMIN)
"""What dockerd itself cannot do without."""

USERNS_NEEDS = (
    Capability.SYS_ADMIN,  # namespaces, mounts, cgroups
    Capability.NET_ADMIN,  # the engine's veth and its packet filter
    Capability.SETUID,  # writing uid_map (user_namespaces(7))
    Capability.SETGID,
    Capability.CHOWN,  # giving the data-root to the tenant's root
    Capability.DAC_OVERRIDE,  # looking after files that then belong to the tenant
    Capability.KILL,
)
"""What the agent cannot do without to make an engine's namespaces itself."""


def choose_isolation(
    facts: NodeFacts, asked: IsolationKind | None, engine: EngineKind
) -> tuple[IsolationKind, Decision]:
    """The kind of isolation.

    Args:
        facts: what was seen.
        asked: the kind that the user insists on; None for the best that works.
        engine: what is to be kept apart.

    Raises:
        WorldRefusedError: the kind asked for, or every kind, is impossible here; says why and the way out.
    """
    kind = asked or usual_isolation(facts.process.uid)
    problems = _PROBLEMS[kind](facts, engine)
    if problems:
        raise WorldRefusedError(*problems)
    process = facts.process
    seen = f"user {process.user} (uid {process.uid})"
    if kind is IsolationKind.ROOTFUL:
        seen += f", {listed(map(str, ROOTFUL_NEEDS), 'and')}" + _without(process)
    if kind is IsolationKind.USERNS:
        seen += f", {listed(map(str, USERNS_NEEDS), 'and')}" + (
            ", a user namespace could be made and overlay mounted in it" if facts.storage.overlay_userns.works else ""
        )
    return kind, Decision("isolation", seen, kind.value, _why(kind, asked), _WOULD_CHANGE[kind])


def _without(process: ProcessFacts) -> str:
    """What a rootful engine cannot give: dockerd before 23 asks for every capability, later ones for what they have."""
    absent = missing(process.capabilities, tuple(Capability))
    if not absent:
        return ""
    return f", without {listed(map(str, absent), 'and')} (dockerd before 23 then refuses docker run --privileged)"


_WOULD_CHANGE = {
    IsolationKind.USERNS: "an agent that is not root (rootless), or engine.isolation",
    IsolationKind.ROOTLESS: "an agent that is root (userns), or engine.isolation",
    IsolationKind.ROOTFUL: "engine.isolation left out, or set to userns",
}


def _why(kind: IsolationKind, asked: IsolationKind | None) -> str:
    if asked is not None:
        caution = ISOLATIONS[kind].NEEDS.caution
        return f"it was asked for; {caution}" if caution else "it was asked for"
    if kind is IsolationKind.USERNS:
        return "root can give each tenant ids of its own, a network on the kernel's path and limits"
    return "an ordinary user can run an engine only below rootlesskit"


def _userns_problems(facts: NodeFacts, _engine: EngineKind) -> list[Problem]:
    process = facts.process
    if process.uid != 0:
        return [_not_root("userns", process)]
    problems = _capability_problems("userns", process, USERNS_NEEDS)
    if process.max_user_namespaces == 0:
        problems.append(max_user_namespaces_problem(process.max_user_namespaces))
    try:
        allocate("", {}, process.living, process.uid_map, promised=process.promised_ids())
    except WorldRefusedError as none_left:
        problems.extend(none_left.problems)
    return problems or _namespace_problems(facts, "set engine.isolation to rootful")


def _namespace_problems(facts: NodeFacts, otherwise: str) -> list[Problem]:
    """What the trial of an overlay told about user namespaces, before it came to the overlay."""
    trial = facts.storage.overlay_userns
    if not trial.error.startswith("unshare"):
        return []
    if trial.errno == errno.ENOSPC:
        # The limit of a user namespace further out; the file shows only that of the agent's own.
        return [max_user_namespaces_problem(facts.process.max_user_namespaces)]
    return [
        Problem(
            "user-namespace-refused",
            f"The kernel refused to make a user namespace: {trial.error}.",
            "Allow unshare and clone with CLONE_NEWUSER in the seccomp or security profile of this container"
            f" (seccompProfile: Unconfined), or {otherwise}.",
        )
    ]


def _rootful_problems(facts: NodeFacts, _engine: EngineKind) -> list[Problem]:
    if facts.process.uid != 0:
        return [_not_root("rootful", facts.process)]
    return _capability_problems("rootful", facts.process, ROOTFUL_NEEDS)


def _rootless_problems(facts: NodeFacts, engine: EngineKind) -> list[Problem]:
    if facts.process.uid == 0:
        return [
            Problem(
                "rootless-as-root",
                "engine.isolation is rootless, but the agent is root.",
                "Run the agent as an ordinary user with sub-ids in /etc/subuid and /etc/subgid,"
                " or leave engine.isolation out: as root it is userns, which is stricter and faster.",
            )
        ]
    # Where AppArmor is in the way, rootlesskit may have a profile that the trial has not.
    own_trial = [] if facts.process.apparmor_restricts else _namespace_problems(facts, "give the agent root (userns)")
    return rootless_problems(facts, engine) or own_trial


def _not_root(kind: str, process: ProcessFacts) -> Problem:
    return Problem(
        "not-root",
        f"engine.isolation is {kind}, which takes root, but the agent is {process.user} (uid {process.uid}).",
        "Run the agent as root, or leave engine.isolation out: for an ordinary user it is rootless.",
    )


def _capability_problems(kind: str, process: ProcessFacts, wanted: tuple[Capability, ...]) -> list[Problem]:
    absent = missing(process.capabilities, wanted)
    if not absent:
        return []
    where = "this container" if process.container else "this process"
    return [
        Problem(
            "capability-missing",
            f"Isolation {kind} needs {listed(map(str, absent), 'and')}, which {where} does not have.",
            "In a pod: securityContext.privileged: true for the agent's container, or add these capabilities;"
            " elsewhere run the agent as full root, or as an ordinary user with sub-ids (rootless).",
        )
    ]


_PROBLEMS = {
    IsolationKind.USERNS: _userns_problems,
    IsolationKind.ROOTLESS: _rootless_problems,
    IsolationKind.ROOTFUL: _rootful_problems,
}
