"""Certificates and keys as PEM files: read, written in one step, and looked at whether they belong together."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from dinp.model.problem import BadInputError, Problem
from dinp.model.value import Value

PRIVATE = 0o600

_ISSUED = "Give the directory that `dinp certificates issue` made, with the authority's key."


class Authority(Value):
    """An authority that can sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def load_authority(directory: Path) -> Authority:
    """The authority of a directory.

    Raises:
        BadInputError: it is not there, or cannot sign.
    """
    file = directory / "ca-key.pem"
    try:
        key = load_key(file)
    except (OSError, ValueError, TypeError) as error:
        raise unusable(file, str(error)) from error
    certificate = load(directory / "ca.pem")
    if certificate.public_key() != key.public_key():
        raise unusable(file, "it is not the key of ca.pem beside it")
    return Authority(certificate, key)


def load(file: Path) -> x509.Certificate:
    """One certificate.

    Raises:
        BadInputError: there is none, or it is no certificate.
    """
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise unusable(file, str(error)) from error


def load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """One key without a passphrase; raises OSError, ValueError or TypeError."""
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("it is no elliptic curve key")
    return key


def is_whole(folder: Path, certificate: x509.Certificate) -> bool:
    """Whether the key beside a certificate is its key: both are written in turn, and only one may have come to pass."""
    try:
        return load_key(folder / "key.pem").public_key() == certificate.public_key()
    except (FileNotFoundError, ValueError, TypeError):
        return False


def is_signed_by(authority: Authority, certificate: x509.Certificate) -> bool:
    """Whether an authority has signed a certificate."""
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Its alternative names."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in found)


def purposes_in(certificate: x509.Certificate) -> tuple[x509.ObjectIdentifier, ...]:
    """What it is for; an authority says nothing about that."""
    try:
        return tuple(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return ()


def purpose_words(certificate: x509.Certificate) -> tuple[str, ...]:
    """The same for people."""
    words = {ExtendedKeyUsageOID.SERVER_AUTH: "server", ExtendedKeyUsageOID.CLIENT_AUTH: "client"}
    return tuple(words.get(each, each.dotted_string) for each in purposes_in(certificate)) or ("authority",)


def unusable(file: Path, reason: str, remedy: str = _ISSUED) -> BadInputError:
    """The error that names a file, what is wrong with it and the way out."""
    return BadInputError(Problem("certificate-unusable", f"{file} cannot be used: {reason}.", remedy))


def pem(certificate: x509.Certificate) -> bytes:
    """Its text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def write_key(file: Path, key: ec.EllipticCurvePrivateKey, mode: int = PRIVATE) -> Path:
    """Replace a key's file."""
    plain = serialization.NoEncryption()
    return write(file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain), mode)


def write(file: Path, content: bytes, mode: int) -> Path:
    """Replace a file in one step, never readable for longer than `mode` says."""
    temporary = file.with_name(file.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            os.fchmod(descriptor, mode)
            out.write(content)
        temporary.rename(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return file
