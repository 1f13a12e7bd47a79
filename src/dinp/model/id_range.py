"""Ranges of user and group ids."""

from dinp.model.value import Value

IDS_PER_TENANT = 65536
"""As many as /etc/subuid customarily gives, so that images with any 16-bit id work."""

FIRST_TENANT_ID = 0x4000_0000
"""Above the ids of users (login.defs) and of systemd's dynamic users; see systemd's UIDS-GIDS document."""

LAST_TENANT_ID = 0x7FFE_0000
"""Below 2^31: ids above it are negative numbers to some programs (systemd UIDS-GIDS)."""


class IdRange(Value):
    """`count` ids from `first` on."""

    first: int
    count: int = IDS_PER_TENANT

    @property
    def end(self) -> int:
        """The first id behind the range."""
        return self.first + self.count

    def __lt__(self, other: "IdRange") -> bool:
        """Whether it comes before, in the order of the first id."""
        return (self.first, self.count) < (other.first, other.count)

    def overlaps(self, other: "IdRange") -> bool:
        """Whether any id lies in both."""
        return self.first < other.end and other.first < self.end
