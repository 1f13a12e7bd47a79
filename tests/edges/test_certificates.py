"""Certificates that strict verifiers accept, and only the right ones: real TLS on loopback."""

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from dinp.edges.certificates import issue, rotate, show
from dinp.model.problem import BadInputError


def handshake(server: Path, client: Path, *, authority: Path | None = None, name: str = "localhost") -> str:
    """One mutual TLS handshake; the TLS version, or an SSLError of either side."""
    ours, theirs = socket.socketpair()
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(server / "cert.pem", server / "key.pem")
    listening.load_verify_locations(server / "ca.pem")
    listening.verify_mode = ssl.CERT_REQUIRED
    refused: list[ssl.SSLError] = []

    def serve() -> None:
        try:
            with listening.wrap_socket(theirs, server_side=True) as accepted:
                accepted.sendall(b"ok")
        except ssl.SSLError as error:
            refused.append(error)
        finally:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    calling = ssl.create_default_context(cafile=str(authority or client / "ca.pem"))
    calling.verify_flags |= ssl.VERIFY_X509_STRICT
    if (client / "cert.pem").exists():
        calling.load_cert_chain(client / "cert.pem", client / "key.pem")
    try:
        with calling.wrap_socket(ours, server_hostname=name) as connected:
            if connected.recv(2) != b"ok":
                raise refused[0] if refused else ssl.SSLError("closed")
            return str(connected.version())
    finally:
        ours.close()
        thread.join()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    issue(tmp_path / "a", ["localhost", "127.0.0.1"], ["client", "other"])
    return tmp_path / "a"


def test_strict_verifiers_accept_them(made: Path) -> None:
    assert handshake(made / "server", made / "client") == "TLSv1.3"
    assert handshake(made / "server", made / "client", name="127.0.0.1") == "TLSv1.3"


def test_another_tenants_certificate_is_refused(made: Path, tmp_path: Path) -> None:
    issue(tmp_path / "b", ["localhost"], ["client"])
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(made / "server", tmp_path / "b" / "client", authority=made / "ca.pem")


def test_no_certificate_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        handshake(made / "server", tmp_path / "none", authority=made / "ca.pem")


def test_a_clients_pair_is_no_servers(made: Path) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(made / "client", made / "other")


def test_a_name_that_was_not_asked_for_is_refused(made: Path) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(made / "server", made / "client", name="example.test")


def test_keys_are_nobody_elses(made: Path) -> None:
    for key in made.rglob("*key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_issuing_again_changes_nothing_and_adds_what_is_missing(made: Path) -> None:
    before = {file: file.read_bytes() for file in made.rglob("*.pem")}
    written = issue(made, ["localhost"], ["client", "third"])
    assert {file.parent.name for file in written} == {"third"}
    assert all(file.read_bytes() == content for file, content in before.items())
    assert handshake(made / "server", made / "third") == "TLSv1.3"


def test_rotation_keeps_names_and_authority(made: Path) -> None:
    before = {facts.file: facts for facts in show(made)}
    serials = (made / "server" / "cert.pem").read_bytes()
    rotate(made)
    after = {facts.file: facts for facts in show(made)}
    assert {f: (x.subject, x.names, x.purposes) for f, x in before.items()} == {
        f: (x.subject, x.names, x.purposes) for f, x in after.items()
    }
    assert (made / "server" / "cert.pem").read_bytes() != serials
    assert handshake(made / "server", made / "client") == "TLSv1.3"


def test_an_authority_without_its_key_cannot_sign(made: Path) -> None:
    (made / "ca-key.pem").unlink()
    with pytest.raises(BadInputError, match=r"ca-key\.pem"):
        rotate(made)


def test_users_of_one_pod_share_its_clients_key_and_rotation_keeps_it_so(tmp_path: Path) -> None:
    directory = tmp_path / "pod"
    issue(directory, ["localhost"], ["client"], client_mode=0o644)
    rotate(directory)
    modes = {file.parent.name: stat.S_IMODE(file.stat().st_mode) for file in directory.rglob("*key.pem")}
    assert modes == {"pod": 0o600, "server": 0o600, "client": 0o644}
