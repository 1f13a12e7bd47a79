"""Which packet filters the agent's network namespace uses; the legacy tables tell their names in /proc."""

import os

from dinp.edges.legacy_filter import forward_policy
from dinp.edges.network import chains
from dinp.edges.small_files import read_text
from dinp.model.node_facts import FirewallFacts

_LEGACY = "/proc/self/net/ip_tables_names"


def probe_firewall() -> FirewallFacts:
    """Tables of both kinds, and the policies of their chains on the forward hook."""
    legacy = tuple(read_text(_LEGACY).split()) if os.access(_LEGACY, os.R_OK) else None
    policy = forward_policy() if legacy and "filter" in legacy else None
    older = (("legacy filter FORWARD", policy),) if policy else ()
    try:
        tables = tuple(chains.tables())
        policies = tuple(_forward_policies()) if tables else ()
    except OSError:
        return FirewallFacts(None, legacy, older)
    return FirewallFacts(tables, legacy, (*policies, *older))


def _forward_policies() -> list[tuple[str, str]]:
    return [
        (f"{chain.family} {chain.table} {chain.name}", "drop" if chain.drops else "accept")
        for chain in chains.base_chains()
        if chain.hook == "forward"
    ]
