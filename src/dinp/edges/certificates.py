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
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dinp.edges.certificate_files import (
    PRIVATE,
    Authority,
    is_signed_by,
    is_whole,
    load,
    load_authority,
    names_in,
    pem,
    purpose_words,
    purposes_in,
    unusable,
    write,
    write_key,
)
from dinp.edges.clock import utc_now
from dinp.model.certificate_values import AUTHORITY_DAYS, SERVER, read_host
from dinp.model.problem import BadInputError, Problem
from dinp.model.value import Value

_SKEW = timedelta(minutes=5)
"""Certificates are valid from a little before now: clocks of nodes differ."""

_DAY = timedelta(days=1)
_PURPOSES = {True: ExtendedKeyUsageOID.SERVER_AUTH, False: ExtendedKeyUsageOID.CLIENT_AUTH}

DAYS = 365
HOSTS = ("localhost", "127.0.0.1", "::1")
"""The names of a server's pair for which nobody has asked for others."""


class CertificateFacts(Value):
    """What `dinp certificates show` tells of one file."""

    file: str
    subject: str
    names: tuple[str, ...]
    not_after: datetime
    purposes: tuple[str, ...]


class Pair(Value):
    """A pair to be made.

    Attributes:
        folder: where it goes, and what its subject is called.
        names: alternative names; without any the folder's.
        purpose: what it is for.
        key_mode: the permission bits of its key.
    """

    folder: Path
    names: tuple[str, ...]
    purpose: x509.ObjectIdentifier
    key_mode: int


def issue(
    directory: Path, hosts: Iterable[str], clients: Iterable[str], days: int = DAYS, *, client_mode: int = PRIVATE
) -> tuple[Path, ...]:
    """Make what is missing below `directory`: the authority, `server/`, and a folder for each client.

    An authority that is there is kept and signs; whole pairs are left alone, and those without their key are made anew.
    Everything that is there is looked at before anything is written.

    Args:
        directory: one per tenant.
        hosts: what clients call the server; none leaves it to the pair that is there, or to `HOSTS`.
        clients: the names of their pairs.
        days: how long new pairs are valid.
        client_mode: the permission bits of clients' keys: where a whole pod is one client, its users share them.

    Returns:
        The files that were written.

    Raises:
        BadInputError: what is there cannot be used, or is not what is asked for.
        OSError: the directory cannot be written to.
    """
    asked = tuple(hosts)
    authority = load_authority(directory) if (directory / "ca.pem").exists() else None
    if authority is not None:
        _outlives(authority, days, directory)
    elif kept := sorted(directory.glob("*/cert.pem")):
        sentence = f"it is missing, and {kept[0].parent.name}/ has a pair that it has signed"
        remedy = f"Copy {kept[0].parent / 'ca.pem'} there, or take an empty directory for a new authority."
        raise unusable(directory / "ca.pem", sentence, remedy)
    pairs = [Pair(directory / SERVER, asked or HOSTS, _PURPOSES[True], PRIVATE)]
    pairs += [Pair(directory / name, (), _PURPOSES[False], client_mode) for name in dict.fromkeys(clients)]
    missing = [pair for pair in pairs if _is_missing(pair, authority, asked)]
    written: list[Path] = []
    if authority is None:
        authority = _make_authority(directory, written)
    for pair in missing:
        written += _make_pair(pair, authority, days)
    return tuple(written)


def rotate(directory: Path, days: int = DAYS, hosts: Iterable[str] = ()) -> tuple[Path, ...]:
    """New pairs, of the same names and purposes, signed by the same authority, each replaced in one step.

    Args:
        directory: as for `issue`.
        days: how long they are valid.
        hosts: names of the server's pair instead of those that it has.

    Returns:
        The files that were written.

    Raises:
        BadInputError: there is no authority that can sign, or a certificate cannot be read.
        OSError: the directory cannot be written to.
    """
    authority = load_authority(directory)
    _outlives(authority, days, directory)
    pairs = [_renewed(file, tuple(hosts)) for file in sorted(directory.glob("*/cert.pem"))]
    return tuple(file for pair in pairs for file in _make_pair(pair, authority, days))


def show(directory: Path) -> tuple[CertificateFacts, ...]:
    """What each certificate below `directory` says."""
    found = []
    for file in sorted((*directory.glob("*.pem"), *directory.glob("*/cert.pem"))):
        if "key" not in file.name:
            certificate = load(file)
            found.append(
                CertificateFacts(
                    str(file.relative_to(directory)),
                    certificate.subject.rfc4514_string(),
                    names_in(certificate),
                    certificate.not_valid_after_utc,
                    purpose_words(certificate),
                )
            )
    return tuple(found)


def _outlives(authority: Authority, days: int, directory: Path) -> None:
    """Refuse pairs that would be valid for longer than who has signed them: clients would refuse those in the end."""
    left = authority.certificate.not_valid_after_utc - utc_now()
    if timedelta(days=days) <= left + _DAY:
        return
    end = f"{authority.certificate.not_valid_after_utc:%Y-%m-%d}"
    sentence = f"--days {days}: the authority in {directory} ends before that, on {end}."
    remedy = f"Say --days {left.days} at most." if left >= _DAY else "Issue a new authority in an empty directory."
    raise BadInputError(Problem("bad-flag", sentence, remedy))


def _is_missing(pair: Pair, authority: Authority | None, asked: tuple[str, ...]) -> bool:
    """Whether a pair has to be made; one that is there and is something else is refused."""
    file = pair.folder / "cert.pem"
    if authority is None or not file.exists():
        return True
    certificate = load(file)
    rotate_it = f"`dinp certificates rotate --dir {pair.folder.parent}`"
    if pair.purpose not in purposes_in(certificate):
        wanted, found = ("server's", "client's") if pair.purpose == _PURPOSES[True] else ("client's", "server's")
        remedy = f"Remove {pair.folder}, and issue it again."
        raise unusable(file, f"it is a {found} certificate where a {wanted} is expected", remedy)
    if not is_signed_by(authority, certificate):
        raise unusable(file, "the authority beside it has not signed it", f"{rotate_it} makes it anew.")
    names = names_in(certificate)
    if other := [host for host in asked if read_host(host) not in names] if pair.folder.name == SERVER else []:
        sentence = f"--host {other[0]}: {file} is there, and is for {', '.join(names)} only."
        hosts = " ".join(f"--host {host}" for host in dict.fromkeys((*names, *asked)))
        raise BadInputError(Problem("bad-flag", sentence, f"{rotate_it[:-1]} {hosts}` gives it these names."))
    return not is_whole(pair.folder, certificate)


def _renewed(file: Path, hosts: tuple[str, ...]) -> Pair:
    old = load(file)
    purposes = purposes_in(old)
    if not purposes:
        remedy = f"Remove {file.parent}, and issue the pair again."
        raise unusable(file, "it does not say whether it is a server's or a client's", remedy)
    key = file.parent / "key.pem"
    mode = key.stat().st_mode & 0o777 if key.exists() else PRIVATE
    names = hosts if hosts and file.parent.name == SERVER else names_in(old)
    return Pair(file.parent, names, purposes[0], mode)


def _make_authority(directory: Path, written: list[Path]) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"dinp authority {os.urandom(4).hex()}")])
    builder = _builder(name, name, key, utc_now() + timedelta(days=AUTHORITY_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    certificate = builder.sign(key, hashes.SHA256())
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    written += [write_key(directory / "ca-key.pem", key), write(directory / "ca.pem", pem(certificate), 0o644)]
    return Authority(certificate, key)


def _make_pair(pair: Pair, authority: Authority, days: int) -> list[Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = pair.folder.name
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = min(utc_now() + timedelta(days=days), authority.certificate.not_valid_after_utc)
    builder = _builder(subject, authority.certificate.subject, key, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([pair.purpose]), critical=False)
    alternatives = [_general_name(each) for each in pair.names] or [x509.DNSName(name)]
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    signer = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False
    )
    certificate = builder.sign(authority.key, hashes.SHA256())
    pair.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    # The certificate comes last: where it is, and belongs to the key, the pair is whole.
    return [
        write_key(pair.folder / "key.pem", key, pair.key_mode),
        write(pair.folder / "ca.pem", pem(authority.certificate), 0o644),
        write(pair.folder / "cert.pem", pem(certificate), 0o644),
    ]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - _SKEW)
        .not_valid_after(end)
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
