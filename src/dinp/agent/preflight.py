"""Facts and wishes in, choices with reasons out: how engines are run on this machine, node or pod."""

from __future__ import annotations

from collections.abc import Callable

from dinp.agent.decisions.cgroups import choose_cgroups
from dinp.agent.decisions.dns import choose_dns
from dinp.agent.decisions.emulation import choose_emulation
from dinp.agent.decisions.firewall import choose_iptables, choose_way_out
from dinp.agent.decisions.isolation import choose_isolation
from dinp.agent.decisions.mtu import choose_mtu
from dinp.agent.decisions.networks import choose_networks
from dinp.agent.decisions.programs import choose_programs
from dinp.agent.decisions.storage import choose_storage
from dinp.agent.decisions.user_network import choose_user_network
from dinp.agent.decisions.workspaces import choose_shift
from dinp.model.choices import Choices
from dinp.model.engine_checks import NOT_ROOTLESS
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: an engine waits for this
    from typing import TypeVar

    T = TypeVar("T")


def preflight(facts: NodeFacts, spec: EngineSpec, workspaces: tuple[str, ...] = ()) -> Choices:
    """Decide everything about how engines run here.

    Args:
        facts: what was seen of the machine.
        spec: what the user asks of engines.
        workspaces: directories that engines are to see with their clients' owners.

    Returns:
        The choices, each with a record of its reason.

    Raises:
        WorldRefusedError: an engine as asked for cannot be had here; carries every problem, not only the first. A
            workspace that cannot be shown is no such problem: see Choices.not_shifted.
    """
    problems: list[Problem] = []

    def attempt(decide: Callable[[], T]) -> T | None:
        try:
            return decide()
        except WorldRefusedError as refused:
            problems.extend(refused.problems)
            return None

    isolation = attempt(lambda: choose_isolation(facts, spec.isolation, spec.kind))
    if isolation is None:
        # The other choices depend on this one; only whether the programs are there is worth saying as well.
        iptables = facts.program("iptables", "iptables-nft", "iptables-legacy")
        attempt(lambda: choose_programs(facts, spec, iptables))
        raise WorldRefusedError(*problems)
    kind, why_isolation = isolation
    if kind is IsolationKind.ROOTLESS and spec.kind in NOT_ROOTLESS:
        problems.append(_not_rootless(spec.kind))
    mtu, why_mtu = choose_mtu(facts.network, kind)
    dns, why_dns = choose_dns(facts.network, kind)
    iptables, why_iptables = choose_iptables(facts)
    programs = attempt(lambda: choose_programs(facts, spec, iptables))
    way_out = attempt(lambda: choose_way_out(facts, kind))
    storage = attempt(lambda: choose_storage(facts, kind, spec.storage_driver))
    networks = attempt(lambda: choose_networks(facts, kind, spec))
    cgroups = attempt(lambda: choose_cgroups(facts, kind, spec.limits))
    owners = choose_shift(facts, kind, workspaces)
    emulation = attempt(lambda: choose_emulation(facts, kind, spec.emulation))
    if problems or programs is None or storage is None or networks is None or cgroups is None:
        raise WorldRefusedError(*problems)
    return Choices(
        programs=programs[0],
        isolation=kind,
        storage_driver=storage[0],
        mtu=mtu,
        bridge_address=networks[0].bridge_address,
        address_pools=networks[0].address_pools,
        link_network=networks[0].link_network,
        link_network6=networks[0].link_network6,
        nameservers=dns.nameservers,
        loopback_nameserver=dns.loopback_nameserver,
        search=dns.search,
        resolver_options=dns.resolver_options,
        cgroups=cgroups[0][0],
        cgroup_limits=cgroups[0][1],
        shift_ids=owners.works,
        not_shifted=owners.refused,
        binary_formats=emulation[0] if emulation is not None else (),
        decisions=(
            programs[1], why_isolation, storage[1], owners.decision, cgroups[1], why_mtu, *networks[1], why_dns,
            why_iptables,
            *filter(None, (way_out, choose_user_network(facts, kind, spec.kind), emulation[1] if emulation else None)),
        ),
    )  # fmt: skip


def _not_rootless(kind: EngineKind) -> Problem:
    return Problem(
        "engine-kind-isolation",
        f"engine.kind is {kind.value}, which dinp does not start for an ordinary user (rootless):"
        f" {NOT_ROOTLESS[kind]}.",
        "Run the agent as root, where it makes user namespaces itself, or choose dockerd or buildkitd.",
    )
