"""`dinp certificates issue --wait-for`: a pod's hook, which is over when a client may come."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from dinp.cli.main import main
from dinp.edges.certificate_files import pem, write, write_key
from dinp.edges.clock import utc_now

ISSUE = ("certificates", "issue", "--host", "localhost", "--client-mode", "0644")


def test_it_returns_when_pairs_and_socket_are_there(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        with pytest.raises(SystemExit) as ended:
            main([*ISSUE, "--dir", str(tmp_path / "tls"), "--wait-for", str(path)])
    assert ended.value.code == 0
    assert {file.parent.name for file in (tmp_path / "tls").glob("*/cert.pem")} == {"server", "client"}


def test_a_socket_that_nobody_opens_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "docker.sock")
    with pytest.raises(SystemExit) as ended:
        main([*ISSUE, "--dir", str(tmp_path / "tls"), "--wait-for", path, "--within", "10ms"])
    assert ended.value.code == 3
    assert f"Nobody has opened {path} within 10ms." in capsys.readouterr().err


def test_a_bad_duration_leads_to_this_commands_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*ISSUE, "--dir", str(tmp_path), "--wait-for", "/nowhere", "--within", "soon"])
    assert ended.value.code == 2
    assert "dinp certificates issue --help" in capsys.readouterr().err


def certificates(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["certificates", *words])
    return int(str(ended.value.code))


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--client", "server"), ("--client", "../../etc"), ("--client", "/etc"), ("--client", ".."), ("--client", ""),
        ("--client", "a" * 65), ("--client", "ca.pem"), ("--client", "a\nb"), ("--days", "-5"), ("--days", "0"),
        ("--days", "4000"), ("--days", "99999999"), ("--days", "x"), ("--days", "\u0663"),
        ("--host", "\u00fc.de"), ("--host", ""),
        ("--host", "https://a"), ("--host", "a:2376"), ("--host", "a b"), ("--host", "1.2.3"),
        ("--host", f"{'a' * 64}.de"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_and_nothing_is_written(
    flag: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "deep" / "tls"
    assert certificates("issue", "--dir", str(directory), f"{flag}={value}") == 2
    said = capsys.readouterr().err
    assert said.startswith(f"dinp: {flag} {value!r}: ")
    assert "dinp certificates issue --help" in said
    assert not list(tmp_path.iterdir())


def test_every_bad_value_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert certificates("issue", "--dir", str(tmp_path), "--days=0", "--client=a/b", "--host=a/b") == 2
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines() if line.startswith("dinp:")] == [
        "--host", "--days", "--client",
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["issue", "rotate"])
def test_a_directory_that_cannot_be_written_is_named(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "tls"
    if verb == "issue":
        directory.write_text("no directory", encoding="utf-8")
    else:
        assert certificates("issue", "--dir", str(directory)) == 0
        (directory / "server" / "key.pem.new").mkdir()
    assert certificates(verb, "--dir", str(directory)) == 2
    said = capsys.readouterr().err
    assert f"--dir {str(directory)!r}: " in said
    assert "cannot be written" in said


def test_an_existing_pair_without_the_host_is_refused_and_the_way_out_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert certificates("issue", "--dir", str(tmp_path), "--host", "LocalHost") == 0
    assert certificates("issue", "--dir", str(tmp_path), "--host", "localhost") == 0
    assert certificates("issue", "--dir", str(tmp_path)) == 0
    capsys.readouterr()
    assert certificates("issue", "--dir", str(tmp_path), "--host", "other") == 2
    remedy = capsys.readouterr().err.splitlines()[1].split("`")[1]
    assert remedy == f"dinp certificates rotate --dir {tmp_path} --host localhost --host other"
    assert certificates(*remedy.split()[2:]) == 0
    assert certificates("issue", "--dir", str(tmp_path), "--host", "other") == 0


def authority_for(days: int, directory: Path) -> None:
    """An authority that ends sooner than dinp's own do, as one does that is some years old."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(utc_now()).not_valid_after(utc_now() + timedelta(days=days, minutes=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    write_key(directory / "ca-key.pem", key)
    write(directory / "ca.pem", pem(builder.add_extension(identifier, critical=False).sign(key, SHA256())), 0o644)


def test_more_days_than_the_authority_has_left_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority_for(649, tmp_path)
    for verb in ("issue", "rotate"):
        assert certificates(verb, "--dir", str(tmp_path), "--days", "3650") == 2
        said = capsys.readouterr().err
        assert said.startswith(f"dinp: --days 3650: the authority in {tmp_path} ends before that")
        assert "Say --days 649 at most." in said
        assert certificates(verb, "--dir", str(tmp_path), "--days", "649") == 0
        capsys.readouterr()


def test_an_authority_that_ends_today_is_replaced_by_a_new_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority_for(0, tmp_path)
    assert certificates("issue", "--dir", str(tmp_path)) == 2
    assert "Issue a new authority in an empty directory." in capsys.readouterr().err
