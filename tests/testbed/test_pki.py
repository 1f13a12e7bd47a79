"""Certificates: what is signed is trusted for exactly the names that it was made for."""

import socket
import ssl
import threading
from pathlib import Path

import pytest
import yaml

from testbed import pki


def serve_once(pair: pki.KeyPair, folder: Path) -> int:
    """A TLS server for one handshake; returns its port."""
    pair.write(folder, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with listener, listener.accept()[0] as plain:
            try:
                context.wrap_socket(plain, server_side=True).close()
            except (ssl.SSLError, ConnectionError):
                # The client refuses the name, which is what one of the tests is about.
                return

    threading.Thread(target=accept, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def connect(authority: pki.KeyPair, port: int, name: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        pki.trusting(authority).wrap_socket(plain, server_hostname=name).close()


@pytest.mark.parametrize("name", ["127.0.0.1", "registry.bed"])
def test_a_signed_certificate_is_trusted_for_its_names(tmp_path: Path, name: str) -> None:
    authority = pki.authority("one")
    connect(authority, serve_once(pki.leaf(authority, "x", names=("registry.bed", "127.0.0.1")), tmp_path), name)


def test_it_is_not_trusted_for_another_name_nor_by_another_authority(tmp_path: Path) -> None:
    authority = pki.authority("one")
    pair = pki.leaf(authority, "x", names=("registry.bed",))
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(authority, serve_once(pair, tmp_path), "other.bed")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(pki.authority("two"), serve_once(pair, tmp_path), "registry.bed")


def test_a_key_pair_survives_being_written(tmp_path: Path) -> None:
    pair = pki.authority("one")
    pair.write(tmp_path, "ca")
    assert pki.KeyPair.read(tmp_path, "ca") == pair


def test_a_kubeconfig_names_its_server_once() -> None:
    authority = pki.authority("one")
    config = yaml.safe_load(pki.kubeconfig("https://127.0.0.1:1", authority, authority))
    assert [one["cluster"]["server"] for one in config["clusters"]] == ["https://127.0.0.1:1"]
    assert config["current-context"] == config["contexts"][0]["name"]
