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


def names_of(directory: Path) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {facts.file: (facts.names, facts.purposes) for facts in show(directory)}


@pytest.mark.parametrize("broken", ["missing", "another", "garbage"])
@pytest.mark.parametrize("repair", [issue, rotate])
def test_a_pair_without_its_key_is_made_anew(made: Path, broken: str, repair: object) -> None:
    before = names_of(made)
    for folder in ("server", "client"):
        key = made / folder / "key.pem"
        key.unlink()
        if broken != "missing":
            key.write_bytes((made / "other" / "key.pem").read_bytes() if broken == "another" else b"no key")
    written = rotate(made) if repair is rotate else issue(made, [], ["client", "other"])
    assert {"server", "client"} <= {file.parent.name for file in written}
    assert {*names_of(made)} == {*before}
    if repair is rotate:
        assert names_of(made) == before
    assert handshake(made / "server", made / "client") == "TLSv1.3"


def test_rotation_is_all_or_nothing_when_a_certificate_cannot_be_read(made: Path) -> None:
    (made / "server" / "cert.pem").write_bytes(b"none")
    before = {file: file.read_bytes() for file in made.rglob("*.pem")}
    with pytest.raises(BadInputError, match=r"server/cert\.pem"):
        rotate(made)
    assert {file: file.read_bytes() for file in made.rglob("*.pem")} == before


def test_a_clients_pair_in_the_servers_place_is_refused(made: Path) -> None:
    for file in ("cert.pem", "key.pem"):
        (made / "server" / file).write_bytes((made / "client" / file).read_bytes())
    with pytest.raises(BadInputError, match="a client's certificate where a server's"):
        issue(made, [], ["client"])


def test_a_pair_of_another_authority_is_refused_and_rotation_mends_it(made: Path, tmp_path: Path) -> None:
    issue(tmp_path / "b", [], ["client"])
    for file in ("cert.pem", "key.pem"):
        (made / "client" / file).write_bytes((tmp_path / "b" / "client" / file).read_bytes())
    with pytest.raises(BadInputError, match="has not signed it"):
        issue(made, [], ["client"])
    rotate(made)
    assert issue(made, [], ["client"]) == ()
    assert handshake(made / "server", made / "client") == "TLSv1.3"


def test_an_authority_is_not_replaced_below_its_pairs(made: Path) -> None:
    key = (made / "ca-key.pem").read_bytes()
    (made / "ca.pem").unlink()
    with pytest.raises(BadInputError, match=r"client/ca\.pem"):
        issue(made, [], ["client"])
    assert (made / "ca-key.pem").read_bytes() == key
    (made / "ca.pem").write_bytes((made / "client" / "ca.pem").read_bytes())
    assert issue(made, [], ["client"]) == ()


def test_the_key_of_another_authority_cannot_sign(made: Path, tmp_path: Path) -> None:
    issue(tmp_path / "b", [], [])
    (made / "ca-key.pem").write_bytes((tmp_path / "b" / "ca-key.pem").read_bytes())
    with pytest.raises(BadInputError, match=r"not the key of ca\.pem"):
        rotate(made)


def test_a_pair_never_outlives_its_authority(tmp_path: Path) -> None:
    issue(tmp_path, [], ["client"], 3650)
    authority, *pairs = sorted(show(tmp_path), key=lambda facts: facts.file != "ca.pem")
    assert all(pair.not_after <= authority.not_after for pair in pairs)
