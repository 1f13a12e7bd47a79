"""The tests' registry, for real."""

import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

from tools.provision.machine import find
from tools.provision.refusal import RefusalError
from tools.provision.registry import registry

pytestmark = pytest.mark.engine


@pytest.fixture
def program() -> Path:
    found = find("docker-registry")
    assert found is not None, "run these by `make test-engines`, which has it on PATH"
    return found


def status(url: str, *, ca: Path | None = None, user: str = "") -> int:
    request = urllib.request.Request(url)
    if user:
        request.add_header("Authorization", "Basic " + b64encode(user.encode()).decode())
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    try:
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_a_plain_registry_answers_at_once_and_is_gone_afterwards(program: Path, tmp_path: Path) -> None:
    with registry(program, tmp_path) as running:
        assert status(f"http://{running.address}/v2/") == 200
        assert running.ca is None
    assert not Path(f"/proc/{running.pid}").exists()


def test_a_registry_with_tls_lets_in_only_whom_it_knows(program: Path, tmp_path: Path) -> None:
    with registry(program, tmp_path, tls=True, users={"builder": "secret"}) as running:
        url = f"https://{running.address}/v2/"
        assert status(url, ca=running.ca) == 401
        assert status(url, ca=running.ca, user="builder:wrong") == 401
        assert status(url, ca=running.ca, user="builder:secret") == 200


def test_two_registries_get_two_ports(program: Path, tmp_path: Path) -> None:
    with registry(program, tmp_path / "a") as one, registry(program, tmp_path / "b") as other:
        assert one.address != other.address


def test_a_registry_that_cannot_start_says_why(program: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusalError, match="ended before it listened"), registry(program, tmp_path, host="192.0.2.1"):
        pass
