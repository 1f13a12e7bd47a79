"""Which iptables an engine calls: both flavours may be installed, and only one of them is looked at."""

from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import NodeFacts


def choose_iptables(facts: NodeFacts, isolation: IsolationKind) -> tuple[str | None, Decision]:
    """The absolute path of the iptables for engines; None when there is none.

    An engine with a network namespace of its own starts with empty tables: there nf_tables is preferred, because the
    legacy tables are modules that a user namespace cannot load. A `rootful` engine shares the agent's tables and must
    use the flavour that holds rules already: rules of the other flavour would not be seen by it.
    """
    nft, legacy, plain = (facts.program(name) for name in ("iptables-nft", "iptables-legacy", "iptables"))
    firewall = facts.network.firewall
    holds_legacy = bool(firewall.legacy_tables)
    found = ", ".join(path for path in (nft, legacy, plain) if path) or "no iptables"
    seen = f"{found}; " + (
        f"legacy tables in use: {', '.join(firewall.legacy_tables or ())}"
        if holds_legacy
        else "no legacy tables in use"
    )
    change = "another iptables installed" if isolation is not IsolationKind.ROOTFUL else "rules in the other flavour"
    if isolation is IsolationKind.ROOTFUL and holds_legacy and legacy:
        why = "the rules that are there already are legacy ones, and a rootful engine shares them"
        return legacy, Decision("iptables", seen, legacy, why, change)
    if nft:
        why = (
            "nf_tables needs no kernel module of its own per table"
            if isolation is not IsolationKind.ROOTFUL
            else ("no legacy table is in use")
        )
        return nft, Decision("iptables", seen, nft, why, change)
    other = plain or legacy
    why = "it is the only one" if other else "there is none: the engine runs without publishing ports by itself"
    return other, Decision("iptables", seen, other or "none", why, change)
