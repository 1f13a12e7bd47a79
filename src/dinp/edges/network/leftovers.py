"""What the network of a killed agent left behind: its links and its rules, found by the agent's own name."""

import socket

from pyroute2 import IPRoute

from dinp.edges.network.firewall import Firewall
from dinp.edges.network.links import delete_link


def remove(instance: str) -> None:
    """Remove every link and rule of the agent `instance`; its engines are gone already.

    Raises:
        OSError: the kernel refused. WorldRefusedError: see nft.apply.
    """
    with IPRoute() as route:
        for _, name in socket.if_nameindex():
            if name.startswith(f"dinp{instance}-"):
                delete_link(route, name)
    Firewall(instance).sweep()
