"""Since when kernels and engines can do what decisions rest on, each with its source."""

from dinp.model.value import Value


class Since(Value):
    """The first version that can do something.

    Attributes:
        version: major and minor.
        what: what it can do, to continue the sentence "that takes … for".
        source: where that is said.
    """

    version: tuple[int, int]
    what: str
    source: str

    def __str__(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


OVERLAY_IN_USER_NAMESPACE = Since(
    (5, 11), "overlay in a user namespace, with the option userxattr", "Linux 459c7c565ac3, released with 5.11"
)
IDMAPPED_MOUNTS = Since(
    (5, 12), "idmapped mounts", "mount_setattr(2); file systems followed one by one: xfs 5.15, tmpfs 6.3"
)
BINFMT_PER_USER_NAMESPACE = Since(
    (6, 7), "a table of foreign binary formats in each user namespace", "Linux 21ca59b365c0, released with 6.7"
)
PIDFD_GETFD = Since((5, 6), "taking over a descriptor of another process", "pidfd_getfd(2)")

OLDEST_ENGINE = Since(
    (20, 10), "cgroup v2, rootless and overlay in user namespaces", "Docker Engine 20.10 release notes"
)
OLDEST_PODMAN = Since((4, 0), "networks by netavark", "Podman 4.0 release notes")
OLDEST_BUILDKITD = Since((0, 17), "bounding its cache (`maxUsedSpace`)", "BuildKit v0.17.0 release notes")
ENGINE_WITHOUT_OLD_CLIENTS = Since((29, 0), "refusing clients below API 1.44", "Docker Engine 29 release notes")
ENGINE_NEEDS_RAW_TABLE = Since((28, 0), "needing iptables' raw table", "https://github.com/moby/moby/issues/49557")


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor of `20.10.24+dfsg1`; None for what has none, such as `library-import`."""
    parts = text.split(".", 2)
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return int(parts[0]), int(parts[1])
