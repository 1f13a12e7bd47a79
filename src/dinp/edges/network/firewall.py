"""The agent's own nftables table: an engine's way out, and what may not pass.

State lives here as well as in the kernel, because `flush ruleset` (a restart of nftables.service) takes our table away.
"""

import re

from dinp.edges.network import conntrack, forwarding, nft, rules
from dinp.edges.network.links import Link
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
        self._links: dict[str, Link] = {}
        self._ports: dict[PublishedPort, LinkPlan] = {}

    def admit(self, link: Link) -> tuple[str, ...]:
        """Let the engine behind a link out: masquerade, forwarding, MSS, its resolver; and nothing else.

        Returns:
            A sentence for each setting of the machine that had to be changed.

        Raises:
            WorldRefusedError: nft is missing or refused.
            OSError: a kernel setting cannot be written.
        """
        said = forwarding.switch_on()
        elements = rules.link_elements(self.instance, link.plan, ipv6=link.ipv6)
        if self._links:
            nft.apply(*({"add": element} for element in elements))
        else:
            nft.apply(*rules.whole_table(self.instance, [(link.plan, link.ipv6)]))
        self._links[link.plan.host_name] = link
        return said

    def dismiss(self, plan: LinkPlan) -> tuple[str, ...]:
        """Undo `admit`, after `links.detach`; with the last engine everything of ours goes. Twice does no harm.

        Returns:
            A sentence for each setting of the machine that was put back.
        """
        link = self._links.pop(plan.host_name, None)
        if link is None:
            return ()
        if self._links:
            elements = rules.link_elements(self.instance, link.plan, ipv6=link.ipv6)
            nft.apply(*({"delete": element} for element in elements))
            return ()
        nft.apply(*rules.no_table(self.instance))
        return forwarding.switch_off()

    def publish(self, port: PublishedPort, plan: LinkPlan) -> None:
        """Send what comes to this machine for a port to an engine; the caller holds the port by a bound socket.

        Raises:
            WorldRefusedError: nft refused.
            OSError: tracked flows could not be dropped.
        """
        nft.apply({"add": rules.port_element(self.instance, port, plan)})
        self._ports[port] = plan
        if port.transport is Transport.UDP:
            conntrack.forget_udp(port.host_port)

    def withdraw(self, port: PublishedPort) -> None:
        """Undo `publish`; twice does no harm. Raises as `publish` does."""
        plan = self._ports.pop(port, None)
        if plan is None:
            return
        nft.apply({"delete": rules.port_element(self.instance, port, plan)})
        if port.transport is Transport.UDP:
            conntrack.forget_udp(port.host_port)
