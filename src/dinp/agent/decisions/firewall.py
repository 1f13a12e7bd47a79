"""Packet filters: which iptables an engine calls, and what its packets meet on their way out of the machine."""

from dinp.agent.decisions.words import listed
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import FirewallFacts, NodeFacts
from dinp.model.problem import Problem, WorldRefusedError


def choose_iptables(facts: NodeFacts) -> tuple[str | None, Decision]:
    """The absolute path of the iptables for engines; None when there is none.

    Every engine has a network namespace of its own and starts with empty tables: there nf_tables is preferred, because
    the legacy tables are modules that a user namespace cannot load.
    """
    nft, legacy, plain = (facts.program(name) for name in ("iptables-nft", "iptables-legacy", "iptables"))
    found = listed((path for path in (nft, legacy, plain) if path), "and") or "no iptables"
    tables = facts.network.firewall.legacy_tables or ()
    seen = f"{found}; " + (f"legacy tables in use: {listed(tables, 'and')}" if tables else "no legacy table in use")
    why = "nf_tables needs no module for each table, and the engine's namespace has no rules yet"
    chosen = nft or plain or legacy
    if chosen is not nft:
        why = "it is the only one"
    return chosen, Decision("iptables", seen, chosen or "none", why, "another iptables installed")


def choose_way_out(facts: NodeFacts, isolation: IsolationKind) -> Decision | None:
    """How packets of an engine in its own network namespace get through the agent's packet filter.

    Returns:
        The decision; None for an engine that sends its packets as a process of the agent's own namespace.

    Raises:
        WorldRefusedError: the agent has no means to let them through.
    """
    if isolation is IsolationKind.ROOTLESS:
        return None
    problems = _lacking(facts)
    if problems:
        raise WorldRefusedError(*problems)
    firewall = facts.network.firewall
    dropping = [name for name, policy in firewall.forward_policies if policy == "drop"]
    return Decision(
        "way-out",
        _seen(firewall),
        "an nftables table of the agent's own"
        + (f", and an accept in front of {listed(dropping, 'and')}" if dropping else ""),
        "it masquerades engines and lets their packets through"
        + ("; a policy of drop in another table would swallow them all the same" if dropping else ""),
        "a chain on the forward hook that drops",
    )


def _lacking(facts: NodeFacts) -> list[Problem]:
    if facts.program("nft") is None:
        return [
            Problem(
                "nft-missing",
                f"The program nft, which gives engines their way out, is not in {':'.join(facts.search_path)}.",
                "Install the package nftables.",
            )
        ]
    if facts.network.firewall.nft_tables is None:
        return [
            Problem(
                "nft-refused",
                "The kernel has no nf_tables, or does not let the agent use them: engines would have no way out.",
                "On the node: modprobe nf_tables; the agent needs CAP_NET_ADMIN in its network namespace.",
            )
        ]
    return []


def _seen(firewall: FirewallFacts) -> str:
    tables = listed((f"{family} {name}" for family, name in firewall.nft_tables or ()), "and")
    policies = listed((f"{name}: {policy}" for name, policy in firewall.forward_policies), "and")
    words = [f"nf_tables has {tables or 'no table'}"]
    if policies:
        words.append(f"on the forward hook {policies}")
    if firewall.legacy_tables:
        words.append(f"legacy tables {listed(firewall.legacy_tables, 'and')}")
    return "; ".join(words)
