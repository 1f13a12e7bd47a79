"""The veth pair between the agent's network namespace and an engine's: made, configured on both sides, taken away.

The agent must be root of the initial user namespace (CAP_NET_ADMIN there and CAP_SYS_ADMIN to enter the engine's).
"""

import errno
import os
from dataclasses import dataclass

from dinp.edges.network import route_messages, sysctl
from dinp.edges.network.namespace import inside, open_network
from dinp.edges.network.netlink import NETLINK_ROUTE, Netlink
from dinp.edges.network.socket_diag import is_bound_to_device
from dinp.model.link_plan import LinkPlan
from dinp.model.problem import Problem, WorldRefusedError


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it came to be.

    Attributes:
        plan: what was wished for.
        network: a descriptor of the engine's namespace, the caller's to close.
        ipv6: whether it has IPv6; not on a machine that has it switched off.
        relays_resolver: whether the resolver of the plan takes queries from loopback only by interface, as the stub
            of systemd-resolved does, or speaks IPv6: then address translation does not get there, and a process has to.
    """

    plan: LinkPlan
    network: int
    ipv6: bool
    relays_resolver: bool = False

    @property
    def translated_resolver(self) -> str | None:
        """The resolver that address translation leads to, if any."""
        return None if self.relays_resolver else self.plan.nameserver


def attach(plan: LinkPlan, pid: int) -> Link:
    """Link the network namespace of process `pid` to ours, and configure both ends.

    A link of the same name, left by an agent that was killed, is replaced. What a failed attempt made is taken away.

    Returns:
        The link.

    Raises:
        WorldRefusedError: `link-refused`, with the step that failed.
    """
    try:
        network = open_network(pid)
    except OSError as error:
        raise _refusal(plan, "open the engine's network namespace", error) from error
    ipv6 = sysctl.has_ipv6()
    step = "make the pair"
    try:
        with Netlink(NETLINK_ROUTE) as route:
            _make(route, plan, network)
            step = "configure the agent's end"
            _configure_ours(route, plan, ipv6=ipv6)
        step = "configure the engine's end"
        inside(network, lambda: _configure_theirs(plan, ipv6=ipv6))
    except OSError as error:
        os.close(network)
        detach(plan)
        raise _refusal(plan, step, error) from error
    return Link(plan, network, ipv6, _needs_relay(plan.nameserver))


def others_addresses(instance: str) -> frozenset[str]:
    """IPv4 addresses of this machine's ends of other agents' links, for agent/link_plans. Raises OSError."""
    with Netlink(NETLINK_ROUTE) as route:
        return frozenset(
            address
            for name, address in route_messages.addresses(route)
            if name.startswith("dinp") and not name.startswith(f"dinp{instance}-")
        )


def _needs_relay(nameserver: str | None) -> bool:
    return nameserver is not None and (":" in nameserver or is_bound_to_device(nameserver, 53))


def detach(plan: LinkPlan) -> bool:
    """Remove a link; False when there was none (an engine's end of a pair takes ours with it). Raises OSError."""
    with Netlink(NETLINK_ROUTE) as route:
        return route_messages.delete_link(route, plan.host_name)


def _make(route: Netlink, plan: LinkPlan, network: int) -> None:
    try:
        route_messages.add_veth(route, plan.host_name, plan.engine_name, network, plan.mtu)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
        route_messages.delete_link(route, plan.host_name)
        route_messages.add_veth(route, plan.host_name, plan.engine_name, network, plan.mtu)


def _configure_ours(route: Netlink, plan: LinkPlan, *, ipv6: bool) -> None:
    name = plan.host_name
    # A tenant sits at the other end: it must not teach this machine routes, by redirects or as an IPv6 router.
    _set_all(
        (f"ipv4/conf/{name}/forwarding", "1"),
        (f"ipv4/conf/{name}/rp_filter", "1"),
        (f"ipv4/conf/{name}/accept_redirects", "0"),
        (f"ipv4/conf/{name}/send_redirects", "0"),
    )
    if ipv6:
        _set_all(
            (f"ipv6/conf/{name}/accept_ra", "0"),
            (f"ipv6/conf/{name}/accept_redirects", "0"),
            (f"ipv6/conf/{name}/accept_dad", "0"),
            (f"ipv6/conf/{name}/forwarding", "1"),
        )
    index = _address_and_up(route, plan, name, plan.host_address, plan.host_address6 if ipv6 else None)
    if ipv6:
        # IPv6 has no route_localnet. Its answers from an engine to a client on [::1] are dropped for want of a route
        # of the link's own (ip6_route_input looks up loopback addresses strictly by interface); this is that route.
        route_messages.add_loopback_route(route, index)


def _configure_theirs(plan: LinkPlan, *, ipv6: bool) -> str:
    name = plan.engine_name
    with Netlink(NETLINK_ROUTE) as route:
        route_messages.set_up(route, route_messages.index_of(route, "lo"))
        first, last = plan.port_range
        _set_all(
            ("ipv4/ip_forward", "1"),
            ("ipv4/ip_local_port_range", f"{first} {last}"),
            # dockerd 29 binds a published port itself before it asks us, also on an address that only the machine has.
            ("ipv4/ip_nonlocal_bind", "1"),
        )
        if ipv6:
            _set_all(
                (f"ipv6/conf/{name}/disable_ipv6", "0"),
                (f"ipv6/conf/{name}/accept_ra", "0"),
                (f"ipv6/conf/{name}/accept_dad", "0"),
                ("ipv6/conf/all/forwarding", "1"),
                ("ipv6/ip_nonlocal_bind", "1"),
            )
        index = _address_and_up(route, plan, name, plan.engine_address, plan.engine_address6 if ipv6 else None)
        route_messages.add_default_route(route, index, plan.host_address)
        if ipv6:
            route_messages.add_default_route(route, index, plan.host_address6)
    return ""


def _address_and_up(route: Netlink, plan: LinkPlan, name: str, address: str, address6: str | None) -> int:
    index = route_messages.index_of(route, name)
    route_messages.add_address(route, index, address, plan.prefix)
    if address6 is not None:
        route_messages.add_address(route, index, address6, plan.prefix6)
    route_messages.set_up(route, index)
    return index


def _set_all(*settings: tuple[str, str]) -> None:
    for name, value in settings:
        sysctl.write(name, value)


def _refusal(plan: LinkPlan, step: str, error: OSError) -> WorldRefusedError:
    return WorldRefusedError(
        Problem(
            "link-refused",
            f"The kernel refused the network link {plan.host_name} (to {step}): {error.strerror or error}.",
            "Run the agent as root of the machine or in a privileged pod, or choose the isolation `rootless`.",
        )
    )
