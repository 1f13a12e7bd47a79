"""Mutual TLS at a tenant's TCP door, with a real engine: who gets in, and what the log says of who does not."""

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dinp.edges.certificates import issue
from tests.support.agents import RunningAgent, agent

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

TENANT = "team-a"
FILES = {"ca": "ca.pem", "certificate": "cert.pem", "key": "key.pem"}
OPTIONS = {"cacert": "ca.pem", "cert": "cert.pem", "key": "key.pem"}


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A directory as `dinp certificates issue` fills it."""
    issue(tmp_path, ["127.0.0.1"], ["valid", "expired"])
    return tmp_path


@pytest.fixture
def guarded(engine_version: str, certificates: Path) -> Iterator[RunningAgent]:
    """An agent whose tenant has a door with these."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = {name: str(certificates / "server" / file) for name, file in FILES.items()}
    door = {"address": f"127.0.0.1:{port}", "tls": files}
    with agent(engine_version, (TENANT,), tenant_keys={"tcp": door}) as running:
        yield running


def let_expire(folder: Path, authority: Path) -> None:
    """Sign a pair's certificate once more, as one that was valid until a year that is over."""
    old = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
    key = serialization.load_pem_private_key((authority / "ca-key.pem").read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2021, 1, 1, tzinfo=UTC)
    )
    for each in old.extensions:
        builder = builder.add_extension(each.value, critical=each.critical)
    (folder / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def test_an_expired_certificate_is_refused_and_the_log_says_why(guarded: RunningAgent, certificates: Path) -> None:
    let_expire(certificates / "expired", certificates)
    address = f"tcp://{guarded.config['tenants'][0]['tcp']['address']}"

    def version(name: str) -> list[str]:
        pair = [f"--tls{option}={certificates / name / file}" for option, file in OPTIONS.items()]
        return [f"--host={address}", "--tlsverify", *pair, "version", "-f", "{{.Server.Version}}"]

    allowed = guarded.docker(TENANT, *version("valid"))
    assert allowed.out.startswith(guarded.version), allowed.all
    refused = guarded.docker(TENANT, *version("expired"))
    # Engines of 2023 and later tell the client, too, that it is an expired one.
    assert re.search("remote error: tls: (bad|expired) certificate", refused.err), refused.all
    said = guarded.log.wait_for_engine("x509: certificate has expired")
    assert "TLS handshake error from 127.0.0.1" in said["message"]
