"""Which other architectures an engine runs, by emulators that only its own containers know."""

from dinp.agent.decisions.words import listed
from dinp.knowledge.emulators import BY_ARCHITECTURE, Emulator
from dinp.knowledge.versions import BINFMT_PER_USER_NAMESPACE
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError


def choose_emulation(
    facts: NodeFacts, isolation: IsolationKind, asked: tuple[str, ...]
) -> tuple[tuple[str, ...], Decision] | None:
    """What is registered in the engine's own table of binary formats; None where nothing was asked for.

    The machine's own architecture needs nothing, so that one wish serves a cluster with nodes of several.

    Raises:
        WorldRefusedError: the kernel, the kind of isolation or a missing emulator is in the way.
    """
    if not asked:
        return None
    foreign = tuple(BY_ARCHITECTURE[name] for name in asked if BY_ARCHITECTURE[name].machine != facts.machine)
    if not foreign:
        why = "what was asked for is the machine's own architecture"
        return (), Decision("emulation", f"machine {facts.machine}", "none", why, "a machine of another kind")
    problems = _problems(facts, isolation, foreign)
    if problems:
        raise WorldRefusedError(*problems)
    found = [(each, facts.program(*each.programs) or "") for each in foreign]
    seen = f"machine {facts.machine}, with {listed((path for _, path in found), 'and')}"
    chosen = listed((each.architecture for each in foreign), "and")
    why = "it was asked for; registered in the engine's user namespace, where the machine's other programs never look"
    decision = Decision("emulation", seen, chosen, why, "engine.emulation")
    return tuple(each.registration(path) for each, path in found), decision


def _problems(facts: NodeFacts, isolation: IsolationKind, foreign: tuple[Emulator, ...]) -> list[Problem]:
    wanted = listed((each.architecture for each in foreign), "and")
    problems = []
    if isolation is not IsolationKind.USERNS:
        problems.append(
            Problem(
                "emulation-not-apart",
                f"engine.emulation asks for {wanted}, but isolation {isolation.value} has no table of binary formats"
                " that would be the engine's own.",
                "Leave engine.isolation out (as root it is userns), or leave engine.emulation out and register"
                " emulators on the machine itself.",
            )
        )
    elif not facts.kernel.at_least(*BINFMT_PER_USER_NAMESPACE.version):
        problems.append(
            Problem(
                "emulation-kernel",
                f"engine.emulation asks for {wanted}; that takes Linux {BINFMT_PER_USER_NAMESPACE} or newer for"
                f" {BINFMT_PER_USER_NAMESPACE.what}, and this is {facts.kernel.text}.",
                "Run on nodes with a newer kernel, or leave engine.emulation out and register emulators on the node.",
            )
        )
    absent = [each.programs[0] for each in foreign if facts.program(*each.programs) is None]
    if absent:
        problems.append(
            Problem(
                "emulator-missing",
                f"engine.emulation asks for {wanted}; not found in {':'.join(facts.search_path)}:"
                f" {listed(absent, 'and')}.",
                "Install them (Debian and Ubuntu: qemu-user-static), or put them into the agent's image.",
            )
        )
    return problems
