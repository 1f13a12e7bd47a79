"""The configuration file on a real disk."""

import os
import pwd
from pathlib import Path

import pytest

from dinp.edges.config_file import read_agent_config
from dinp.model.problem import BadInputError

TENANT = "tenants: [{name: a, socket: /run/a.sock%s}]\n"


def test_relative_tls_files_begin_at_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = ", tcp: {address: 127.0.0.1:1, tls: {ca: ca.pem, certificate: /x/c.pem, key: keys/k.pem}}"
    (tmp_path / "agent.yaml").write_text(f"state_dir: /s\n{TENANT % tls}", encoding="utf-8")
    monkeypatch.chdir(tmp_path.parent)
    tcp = read_agent_config(f"{tmp_path.name}/agent.yaml").tenants[0].tcp
    assert tcp is not None
    assert tcp.tls is not None
    assert (tcp.tls.ca, tcp.tls.certificate, tcp.tls.key) == (
        f"{tmp_path}/ca.pem",
        "/x/c.pem",
        f"{tmp_path}/keys/k.pem",
    )


def test_names_become_the_ids_of_this_machine(tmp_path: Path) -> None:
    user = pwd.getpwuid(os.getuid())
    file = tmp_path / "agent.yaml"
    file.write_text(f"state_dir: /s\n{TENANT % f', owner: {user.pw_name}'}", encoding="utf-8")
    assert read_agent_config(str(file)).tenants[0].socket.owner == user.pw_uid


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"gone.yaml cannot be read: No such file or directory") as caught:
        read_agent_config(f"{tmp_path}/gone.yaml")
    assert caught.value.problems[0].code == "config-unreadable"


def test_other_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_bytes("state_dir: /büro".encode("latin-1"))
    with pytest.raises(BadInputError, match="byte 13 is 0xfc"):
        read_agent_config(f"{tmp_path}/agent.yaml")
