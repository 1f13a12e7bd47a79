"""The bed's plan: which machines there are and which addresses they have. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

BRIDGE = "bed0"
DOMAIN = "cluster.local"
SERVICES = IPv4Network("10.202.0.0/16")
PODS = IPv4Network("10.201.0.0/16")
DNS_SERVICE = SERVICES[10]
API_SERVICE = SERVICES[1]
API_PORT = 6443
REGISTRY_HOST = "registry.bed"
"""The name by which pods, nodes and image references know the bed's registry; plain HTTP on port 5000."""
REGISTRY_PORT = 5000


@dataclass(frozen=True)
class Machine:
    """One machine: `name` is its host name; `pods` the range of its pods (None: it runs none)."""

    name: str
    address: IPv4Interface
    pods: IPv4Network | None

    @property
    def ip(self) -> IPv4Address:
        """The address alone, without the length of its network."""
        return self.address.ip


CONTROL = Machine("control", IPv4Interface("10.200.0.1/24"), None)
NODES = (
    Machine("node-1", IPv4Interface("10.200.0.11/24"), IPv4Network("10.201.1.0/24")),
    Machine("node-2", IPv4Interface("10.200.0.12/24"), IPv4Network("10.201.2.0/24")),
)
MACHINES = (CONTROL, *NODES)


def machine(name: str) -> Machine:
    """The machine of that name. Raises KeyError naming those that exist."""
    for one in MACHINES:
        if one.name == name:
            return one
    raise KeyError(f"no machine {name!r} in the bed; there are {', '.join(one.name for one in MACHINES)}")
