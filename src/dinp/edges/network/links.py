"""The veth pair between the agent's network namespace and an engine's: made, configured on both sides, taken away.

The agent must be root of the initial user namespace (CAP_NET_ADMIN there and CAP_SYS_ADMIN to enter the engine's).
"""

import errno
import os
import socket
from dataclasses import dataclass

from pyroute2 import IPRoute
from pyroute2.netlink.rtnl.ifaddrmsg import IFA_F_NODAD

from dinp.edges.network import sysctl
from dinp.edges.network.kernel_answers import refusals
from dinp.edges.network.namespace import inside, open_network
from dinp.edges.network.socket_diag import is_bound_to_device
from dinp.model.link_plan import LinkPlan
from dinp.model.problem import Problem, WorldRefusedError

_LOCAL_TABLE = 255
_ABOVE_LOOPBACK = 1024


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
        with refusals(), IPRoute() as route:
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
    with refusals(), IPRoute() as route:
        labels = [(address.get_attr("IFA_LABEL", ""), address) for address in route.get_addr(family=socket.AF_INET)]
    return frozenset(
        str(address.get_attr("IFA_LOCAL"))
        for label, address in labels
        if label.startswith("dinp") and not label.startswith(f"dinp{instance}-")
    )


def _needs_relay(nameserver: str | None) -> bool:
    return nameserver is not None and (":" in nameserver or is_bound_to_device(nameserver, 53))


def detach(plan: LinkPlan) -> bool:
    """Remove a link; False when there was none (an engine's end of a pair takes ours with it). Raises OSError."""
    with IPRoute() as route:
        return delete_link(route, plan.host_name)


def delete_link(route: IPRoute, name: str) -> bool:
    """Remove an interface, of a pair both; False when there is none of that name. Raises OSError."""
    try:
        with refusals():
            route.link("del", ifname=name)
    except OSError as error:
        if error.errno == errno.ENODEV:
            return False
        raise
    return True


def _make(route: IPRoute, plan: LinkPlan, network: int) -> None:
    try:
        _add_veth(route, plan, network)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
        delete_link(route, plan.host_name)
        _add_veth(route, plan, network)


def _add_veth(route: IPRoute, plan: LinkPlan, network: int) -> None:
    theirs = {"ifname": plan.engine_name, "mtu": plan.mtu, "net_ns_fd": network}
    with refusals():
        route.link("add", ifname=plan.host_name, kind="veth", mtu=plan.mtu, peer=theirs)


def _configure_ours(route: IPRoute, plan: LinkPlan, *, ipv6: bool) -> None:
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
        # Its metric is higher than that of `lo`, which all other traffic goes on using, and no two interfaces have the
        # same, which the kernel would refuse. It goes with the interface.
        priority = _ABOVE_LOOPBACK + index
        route.route("add", dst="::1/128", oif=index, table=_LOCAL_TABLE, type="local", priority=priority)


def _configure_theirs(plan: LinkPlan, *, ipv6: bool) -> str:
    name = plan.engine_name
    with refusals(), IPRoute() as route:
        route.link("set", index=socket.if_nametoindex("lo"), state="up")
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
        route.route("add", dst="default", gateway=plan.host_address, oif=index)
        if ipv6:
            route.route("add", dst="default", gateway=plan.host_address6, oif=index, family=socket.AF_INET6)
    return ""


def _address_and_up(route: IPRoute, plan: LinkPlan, name: str, address: str, address6: str | None) -> int:
    index = socket.if_nametoindex(name)
    # At once usable: both ends are ours, so nobody else can have the addresses.
    route.addr("add", index=index, address=address, prefixlen=plan.prefix)
    if address6 is not None:
        route.addr("add", index=index, address=address6, prefixlen=plan.prefix6, flags=IFA_F_NODAD)
    route.link("set", index=index, state="up")
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
