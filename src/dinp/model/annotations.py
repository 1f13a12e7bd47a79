"""Every annotation and name that dinp puts into, or reads from, somebody's objects."""

PREFIX = "dinp.dev"

INJECT = f"{PREFIX}/inject"
"""On a pod (template): `"true"` asks admission for an engine, `"false"` keeps it away."""

CONTAINERS = f"{PREFIX}/containers"
"""On a pod (template): names of the containers that get Docker, separated by commas; all of them without it."""

INJECTED = f"{PREFIX}/injected"
"""On a pod (template) that was injected: what cannot be seen in it any more, as JSON; eject reads it."""

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""Which container kubectl logs and exec mean (Kubernetes, "Well-Known Labels, Annotations and Taints")."""

CONTAINER = "dinp"
"""The agent's container."""

SOCKET_VOLUME = "dinp-socket"
"""The directory that the agent shares with its clients."""

STATE_VOLUME = "dinp-state"
"""The agent's state: data-roots, leases, logs."""

TLS_VOLUME = "dinp-tls"
"""The certificates of a TLS endpoint; a client sees its own part only."""

TUN_VOLUME = "dinp-tun"
"""The device with which a rootless engine makes its network."""

CREDENTIALS_VOLUME = "dinp-credentials"
"""Logins for registries, for clients."""

AUTHORITIES_VOLUME = "dinp-authorities"
"""Certificate authorities of registries, for the engine."""

VOLUMES = (
    SOCKET_VOLUME,
    STATE_VOLUME,
    TLS_VOLUME,
    TUN_VOLUME,
    CREDENTIALS_VOLUME,
    AUTHORITIES_VOLUME,
)
"""Volumes of these names are dinp's."""
