"""The network of a rootless engine: slirp4netns or pasta, both below rootlesskit."""

from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.node_facts import NodeFacts


def choose_user_network(facts: NodeFacts, isolation: IsolationKind, engine: EngineKind) -> Decision | None:
    """Which program makes it; None for engines with a link of their own. isolation/rootless.py goes by the same rule.

    pasta is faster, but rootlesskit has the port driver that publishes a port while `docker run -p` waits (`builtin`)
    for slirp4netns only (rootlesskit's cmd/rootlesskit/main.go).
    """
    if isolation is not IsolationKind.ROOTLESS:
        return None
    found = [name for name in ("slirp4netns", "pasta") if facts.program(name) is not None]
    if engine is EngineKind.BUILDKITD:
        why = "the first of slirp4netns and pasta, as for the other kinds: builds publish no ports, so either would do"
        change = "slirp4netns not installed" if "slirp4netns" in found else "slirp4netns installed"
    elif "slirp4netns" in found:
        why = "a published port answers when docker run returns; with pasta only when it next looks for listeners"
        change = "slirp4netns not installed"
    else:
        why = "slirp4netns is missing; published ports answer up to a second after docker run has returned"
        change = "slirp4netns installed"
    return Decision("user-network", " and ".join(found), found[0], why, change)
