"""The ways by which a client comes to its engine, for tests that hold for each of them."""

import socket
from dataclasses import dataclass, field
from pathlib import Path

from dinp.edges.certificates import issue


@dataclass(frozen=True)
class Door:
    """What a tenant's section of the configuration says of it, and what its clients' environment says."""

    tenant_keys: dict[str, object] = field(default_factory=dict)
    client: dict[str, str] = field(default_factory=dict)


UNIX = Door()
"""The socket that every tenant has."""


def tls_door(folder: Path) -> Door:
    """A port of 127.0.0.1; its certificates are written to `folder`, for everybody to read."""
    issue(folder, ["127.0.0.1"], ["client"])
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    files = {"ca": "ca.pem", "certificate": "cert.pem", "key": "key.pem"}
    tls = {key: str(folder / "server" / name) for key, name in files.items()}
    client = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder / "client")}
    return Door(
        {"tcp": {"address": f"127.0.0.1:{port}", "tls": tls}},
        client | {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"},
    )
