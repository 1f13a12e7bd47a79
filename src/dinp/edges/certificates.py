"""Certificates for a tenant's TCP door: an authority of its own, the engine's pair, and one pair per client.

Written for strict verifiers (Python 3.13 checks with VERIFY_X509_STRICT): the authority carries key usage and key
identifiers, leaves carry theirs, their purpose and alternative names (RFC 5280, sections 4.2.1.1 to 4.2.1.12).
File names are those that `docker` reads from DOCKER_CERT_PATH: ca.pem, cert.pem, key.pem.
"""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dinp.edges.clock import utc_now
from dinp.model.problem import BadInputError, Problem
from dinp.model.value import Value

_SKEW = timedelta(minutes=5)
"""Certificates are valid from a little before now: clocks of nodes differ."""

_PRIVATE = 0o600

CA_DAYS = 3650
DAYS = 365


class CertificateFacts(Value):
    """What `dinp certificates show` tells of one file."""

    file: str
    subject: str
    names: tuple[str, ...]
    not_after: datetime
    purposes: tuple[str, ...]


class Authority(Value):
    """An authority that can sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def issue(
    directory: Path, hosts: Iterable[str], clients: Iterable[str], days: int = DAYS, *, client_mode: int = _PRIVATE
) -> tuple[Path, ...]:
    """Make what is missing below `directory`: the authority, `server/`, and a folder for each client.

    `client_mode` are the permission bits of clients' keys: where a whole pod is one client, its users share them.

    An authority that is there is kept and signs; pairs that are there are left alone.

    Returns:
        The files that were written.

    Raises:
        BadInputError: the authority that is there cannot sign.
    """
    written: list[Path] = []
    authority = _load_authority(directory) if (directory / "ca.pem").exists() else _make_authority(directory, written)
    folders = {"server": (tuple(hosts), ExtendedKeyUsageOID.SERVER_AUTH)}
    folders |= dict.fromkeys(clients, ((), ExtendedKeyUsageOID.CLIENT_AUTH))
    for folder, (names, purpose) in folders.items():
        if not (directory / folder / "cert.pem").exists():
            mode = _PRIVATE if folder == "server" else client_mode
            written += _make_pair(directory / folder, folder, names, purpose, authority, days, mode)
    return tuple(written)


def rotate(directory: Path, days: int = DAYS) -> tuple[Path, ...]:
    """New pairs, of the same names and purposes, signed by the same authority, each replaced in one step.

    Returns:
        The files that were written.

    Raises:
        BadInputError: there is no authority that can sign, or a certificate cannot be read.
    """
    authority = _load_authority(directory)
    written: list[Path] = []
    for file in sorted(directory.glob("*/cert.pem")):
        old = _load(file)
        purposes = old.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        purpose = next(iter(purposes))
        mode = (file.parent / "key.pem").stat().st_mode & 0o777
        written += _make_pair(file.parent, file.parent.name, _names(old), purpose, authority, days, mode)
    return tuple(written)


def show(directory: Path) -> tuple[CertificateFacts, ...]:
    """What each certificate below `directory` says."""
    found = []
    for file in sorted((*directory.glob("*.pem"), *directory.glob("*/cert.pem"))):
        if "key" not in file.name:
            certificate = _load(file)
            found.append(
                CertificateFacts(
                    str(file.relative_to(directory)),
                    certificate.subject.rfc4514_string(),
                    _names(certificate),
                    certificate.not_valid_after_utc,
                    _purposes(certificate),
                )
            )
    return tuple(found)


def _make_authority(directory: Path, written: list[Path]) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"dinp authority {os.urandom(4).hex()}")])
    builder = _builder(name, name, key, CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    certificate = builder.sign(key, hashes.SHA256())
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    written += [_write_key(directory / "ca-key.pem", key), _write(directory / "ca.pem", _pem(certificate), 0o644)]
    return Authority(certificate, key)


def _make_pair(
    folder: Path,
    name: str,
    names: Iterable[str],
    purpose: x509.ObjectIdentifier,
    authority: Authority,
    days: int,
    key_mode: int,
) -> list[Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, authority.certificate.subject, key, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    alternatives = [_general_name(each) for each in names] or [x509.DNSName(name)]
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    signer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False
    )
    certificate = builder.sign(authority.key, hashes.SHA256())
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    # The certificate comes last: where it is, the pair is whole.
    return [
        _write_key(folder / "key.pem", key, key_mode),
        _write(folder / "ca.pem", _pem(authority.certificate), 0o644),
        _write(folder / "cert.pem", _pem(certificate), 0o644),
    ]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in found)


def _purposes(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ("authority",)
    words = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}
    return tuple(words.get(purpose, purpose.dotted_string) for purpose in found)


def _load(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(file, str(error)) from error


def _load_authority(directory: Path) -> Authority:
    file = directory / "ca-key.pem"
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(file, str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(file, "it is no elliptic curve key")
    return Authority(_load(directory / "ca.pem"), key)


def _unusable(file: Path, reason: str) -> BadInputError:
    return BadInputError(
        Problem(
            "certificate-unusable",
            f"{file} cannot be used: {reason}.",
            "Give the directory that `dinp certificates issue` made, with the authority's key.",
        )
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey, mode: int = _PRIVATE) -> Path:
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return _write(file, pem, mode)


def _write(file: Path, content: bytes, mode: int) -> Path:
    """Replace a file in one step, never readable for longer than `mode` says."""
    temporary = file.with_name(file.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        os.fchmod(descriptor, mode)
        out.write(content)
    temporary.rename(file)
    return file
