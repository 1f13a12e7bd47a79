"""What the network of a killed agent left behind: its links and its rules, found by the agent's own name."""

from dinp.edges.network.firewall import Firewall
from dinp.edges.network.netlink import NETLINK_ROUTE, Netlink
from dinp.edges.network.route_messages import delete_link, link_names


def remove(instance: str) -> None:
    """Remove every link and rule of the agent `instance`; its engines are gone already.

    Raises:
        OSError: the kernel refused. WorldRefusedError: see nft.apply.
    """
    with Netlink(NETLINK_ROUTE) as route:
        for name in link_names(route):
            if name.startswith(f"dinp{instance}-"):
                delete_link(route, name)
    Firewall(instance).sweep()
