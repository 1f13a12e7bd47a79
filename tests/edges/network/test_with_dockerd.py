"""Published ports as `docker run -p` makes them, on a machine of the test's own, asked for from everywhere."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edges.network.asking import ask
from tests.edges.network.conftest import Host
from tests.support.engines import environment, import_busybox
from tests.support.fixtures import engine_version
from tests.support.running import DINP

__all__ = ["engine_version"]

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("lan")]

SERVER = "nc -ll -p 80 -e echo answered"
BOUND = "netstat -ltn | grep -q :80"
"""Busybox's server (it has none for UDP), and how to see that it has bound its socket."""


def container(*ports: str, name: str = "web") -> str:
    """A shell line that returns when the container listens."""
    options = " ".join(f"-p {port}" for port in ports)
    run = f"docker run -d --name {name} {options} busybox {SERVER} >/dev/null"
    return f"{run} && until docker exec {name} sh -c '{BOUND}'; do :; done"


@pytest.fixture
def engine(engine_version: str, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Runs shell lines, one after the other, under one `dinp run`."""
    argv = [DINP, "run", "--quiet", "--", "sh"]
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment(engine_version), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:

        def run(line: str) -> str:
            assert shell.stdin is not None
            assert shell.stdout is not None
            shell.stdin.write(f"{{ {line}; }} 2>&1; echo; echo end of it\n")
            shell.stdin.flush()
            said = ""
            for word in iter(shell.stdout.readline, ""):
                if word == "end of it\n":
                    break
                said += word
            return said.strip()

        try:
            run(import_busybox())
            yield run
            shell.communicate(timeout=60)
        except BaseException:
            shell.terminate()
            raise
    assert shell.returncode == 0


def test_everywhere(engine: Callable[[str], str], lan: Host) -> None:
    assert engine(container("8088:80")) == ""
    for address in ("127.0.0.1", "192.0.2.2", "::1", "2001:db8::2"):
        assert ask("tcp", address, 8088)().startswith("answered"), address
    for address in ("192.0.2.2", "2001:db8::2"):
        assert lan.does(ask("tcp", address, 8088)).startswith("answered"), address
    engine("docker rm -f web")
    for address in ("127.0.0.1", "::1", "192.0.2.2"):
        assert ask("tcp", address, 8088)() == "refused"


def test_one_address_only(engine: Callable[[str], str], lan: Host) -> None:
    engine(container("127.0.0.1:8088:80", "192.0.2.2:8089:80"))
    assert ask("tcp", "127.0.0.1", 8088)().startswith("answered")
    assert lan.does(ask("tcp", "192.0.2.2", 8088)) == "refused"
    assert lan.does(ask("tcp", "192.0.2.2", 8089)).startswith("answered")
    assert ask("tcp", "127.0.0.1", 8089)() == "refused"


def test_a_port_that_the_engine_chooses(engine: Callable[[str], str], lan: Host) -> None:
    engine(container("80"))
    port = int(engine("docker port web 80/tcp").splitlines()[0].rpartition(":")[2])
    assert lan.does(ask("tcp", "192.0.2.2", port)).startswith("answered")


def test_a_taken_port(engine: Callable[[str], str], machine: Host) -> None:
    machine.serves("tcp", "0.0.0.0", 8088, "somebody else")
    said = engine("docker run --rm -p 8088:80 busybox true")
    assert "Bind for 0.0.0.0:8088 failed: port is already allocated" in said
    assert ask("tcp", "127.0.0.1", 8088)().startswith("somebody else")


def test_a_container_gets_out_and_to_its_own_port(engine: Callable[[str], str], lan: Host) -> None:
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    engine(container("8088:80"))
    assert engine("docker run --rm busybox nc 192.0.2.1 9000 </dev/null") == "lan sees 192.0.2.2"
    assert engine("docker run --rm busybox nc 192.0.2.2 8088 </dev/null") == "answered"
