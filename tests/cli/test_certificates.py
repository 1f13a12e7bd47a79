"""`dinp certificates issue --wait-for`: a pod's hook, which is over when a client may come."""

import socket
from pathlib import Path

import pytest

from dinp.cli.main import main

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
