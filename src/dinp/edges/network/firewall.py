"""The firewall of one agent: a table of its own, and a way through other people's.

What is in force is remembered here as well as in the kernel, because `flush ruleset` (a restart of nftables.service)
and the reload of another firewall take rules away; they are put back.
"""

import re
import socket
from collections.abc import Iterable, Sequence

from dinp.edges.network import conntrack, foreign_legacy, foreign_nft, forwarding, nft, rules, sysctl
from dinp.edges.network.foreign_chains import Way
from dinp.edges.network.links import Link
from dinp.edges.network.nft import Json
from dinp.edges.network.rule_events import RuleEvents
from dinp.model.link_plan import LinkPlan, PublishedPort, Transport
from dinp.model.problem import BadInputError, Problem


class Firewall:
    """The rules of all engines of one agent."""

    def __init__(self, instance: str) -> None:
        """For the agent whose links are named `dinp{instance}-…`; nothing is touched before the first link.

        Raises:
            BadInputError: the instance is not one to six lower-case letters and digits.
        """
        if not re.fullmatch(r"[a-z0-9]{1,6}", instance):
            raise BadInputError(
                Problem("bad-instance", f"{instance!r} cannot name an agent.", "Use one to six of a-z and 0-9.")
            )
        self.instance = instance
        self._interfaces = _interfaces(instance)
        self._links: dict[str, Link] = {}
        self._ports: dict[PublishedPort, LinkPlan] = {}
        self._guard: forwarding.Guard | None = None
        self._events: RuleEvents | None = None
        self._watched: set[str] = set()

    def admit(self, link: Link) -> tuple[str, ...]:
        """Let the engine behind a link out: masquerade, forwarding, MSS, its resolver; and nothing else.

        Returns:
            A sentence for each setting of the machine that had to be changed, and each firewall that had to be opened.

        Raises:
            WorldRefusedError: nft is missing or refused.
            OSError: a kernel setting cannot be written.
        """
        guard = forwarding.wanted()
        self._guard = guard or self._guard
        guarding = forwarding.guard_table(guard) if guard is not None else []
        first = not self._links
        self._links[link.plan.host_name] = link
        if first:
            self._rebuild(guarding)
        else:
            self._change("add", rules.link_elements(self.instance, link), guarding)
        said = forwarding.switch_on(guard) if guard is not None else ()
        # Ports published on 127.0.0.1 and a resolver on loopback need it; the rules drop all else for 127.0.0.0/8.
        sysctl.write(f"ipv4/conf/{link.plan.host_name}/route_localnet", "1")
        return (*said, *self._open_others())

    def dismiss(self, plan: LinkPlan) -> tuple[str, ...]:
        """Undo `admit`, after `links.detach`; with the last engine everything of ours goes. Twice does no harm.

        Returns:
            A sentence for each setting of the machine that was put back.

        Raises:
            WorldRefusedError: nft refused.
        """
        link = self._links.pop(plan.host_name, None)
        if link is None:
            return ()
        self.withdraw([port for port, owner in self._ports.items() if owner == plan])
        if self._links:
            self._change("delete", rules.link_elements(self.instance, link))
            return ()
        self.close()
        return self.sweep()

    def sweep(self) -> tuple[str, ...]:
        """Remove everything of this instance, and of killed agents that left no link. Returns, raises as `dismiss`."""
        for instance in {self.instance, *_dead_instances()}:
            foreign_nft.close_for(_interfaces(instance))
            foreign_legacy.close_for(_interfaces(instance))
            nft.apply(*rules.no_table(instance))
        return forwarding.switch_off()

    def publish(self, port: PublishedPort, plan: LinkPlan) -> None:
        """Send what comes to this machine for a port to an engine; the caller holds the port by a bound socket.

        Raises:
            WorldRefusedError: nft refused.
            OSError: tracked flows could not be dropped.
        """
        self._ports[port] = plan
        try:
            self._change("add", [rules.port_element(self.instance, port, plan)])
        except nft.NftRefusedError:
            del self._ports[port]
            raise
        if port.transport is Transport.UDP:
            conntrack.forget_udp(port.host_port)

    def withdraw(self, ports: Iterable[PublishedPort]) -> None:
        """Undo `publish` for some ports at once; twice does no harm. Raises as `publish` does."""
        gone = {port: self._ports.pop(port) for port in list(ports) if port in self._ports}
        if not gone:
            return
        self._change("delete", [rules.port_element(self.instance, port, plan) for port, plan in gone.items()])
        for number in {port.host_port for port in gone if port.transport is Transport.UDP}:
            conntrack.forget_udp(number)

    def rules_changed_fd(self) -> int:
        """Readable when rules of this machine have changed: call `reassert` then. Raises OSError."""
        if self._events is None:
            self._events = RuleEvents()
        return self._events.fileno()

    def reassert(self) -> tuple[str, ...]:
        """Put back what others have taken away, and open what they have closed; cheap when they have not.

        The older iptables announces no changes; its chains are looked at here and at each `admit`.

        Returns:
            A sentence for everything that had to be done.

        Raises:
            WorldRefusedError: nft refused.
        """
        if self._events is not None:
            changed = self._events.changed(rules.table_name(self.instance), self._watched)
            if not changed:
                return ()
        if not self._links:
            return ()
        said = []
        if not nft.exists(rules.FAMILY, rules.table_name(self.instance)):
            self._rebuild()
            said.append(f"the table {rules.table_name(self.instance)} was removed by somebody and is back")
        if self._guard is not None and forwarding.recorded() is None:
            nft.apply(*forwarding.guard_table(self._guard))
        return (*said, *self._open_others())

    def close(self) -> None:
        """Stop watching, until `rules_changed_fd` is asked for again; rules stay as long as there are links."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def _change(self, verb: str, elements: list[Json], others: Sequence[Json] = ()) -> None:
        try:
            nft.apply(*others, *({verb: element} for element in elements))
        except nft.NftRefusedError:
            # The table may have been flushed away a moment ago; memory already has the new state.
            self._rebuild(others)

    def _rebuild(self, others: Sequence[Json] = ()) -> None:
        nft.apply(*others, *rules.whole_table(self.instance, self._links.values(), self._ports.items()))

    def _open_others(self) -> tuple[str, ...]:
        ways = [Way("forward", "iifname"), Way("forward", "oifname")]
        resolvers = {
            link.translated_resolver or link.plan.host_address
            for link in self._links.values()
            if link.plan.nameserver is not None
        }
        ways += [Way("input", "iifname", resolver) for resolver in sorted(resolvers)]
        chains = foreign_nft.base_chains()
        self._watched = {place.chain for place in chains} | {foreign_nft.DOCKER_USER}
        comment = f"engines of the dinp agent {self.instance}"
        opened = [
            *foreign_nft.open_for(self._interfaces, ways, chains, comment),
            *foreign_legacy.open_for(self._interfaces, ways, comment),
        ]
        return tuple(f"{place} would stop engines: a rule at its head lets them through" for place in opened)


def _interfaces(instance: str) -> str:
    """The pattern of the names of an agent's links."""
    return f"dinp{instance}-*"


def _dead_instances() -> set[str]:
    """Agents that have a table and no link: each living one has its table exactly as long as it has links."""
    names = [name for _, name in socket.if_nameindex()]
    living = {name.removeprefix("dinp").partition("-")[0] for name in names if name.startswith("dinp")}
    tables = {str(table["name"]) for thing in nft.listing("tables") if isinstance(table := thing.get("table"), dict)}
    ours = {rules.instance_of(name) for name in tables if name != forwarding.TABLE}
    return {instance for instance in ours if instance is not None} - living
