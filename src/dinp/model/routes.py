"""Routes of a network namespace, as values."""

from dinp.model.value import Value


class Route(Value):
    """One route.

    Attributes:
        network: the destination in CIDR notation; `0.0.0.0/0` and `::/0` lead everywhere.
        link: name of the interface.
        mtu: bytes; 0 when the route does not lower that of its link.
    """

    network: str
    link: str
    mtu: int = 0

    @property
    def is_default(self) -> bool:
        """Whether it leads everywhere, or to one half of it: VPNs put two halves in front of the default route."""
        return self.network.endswith(("/0", "/1"))
