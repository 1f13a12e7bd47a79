"""Published ports, from the helper that dockerd starts to the bytes that a client gets."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dinp.edges.network.firewall import Firewall
from tests.edges.network.asking import ask
from tests.edges.network.conftest import Engine, Host
from tests.edges.network.publishing import CONTAINER6, Docker, container, own_rules

pytestmark = pytest.mark.engine

MakeDocker = Callable[[int], Docker]


@pytest.fixture
def dockers(
    engines: Callable[..., Engine], hosts: Callable[..., Host], firewall: Firewall, tmp_path: Path
) -> Iterator[MakeDocker]:
    """Makes engines with a container that answers on port 80, TCP and UDP."""
    with contextlib.ExitStack() as stack:

        def make(number: int) -> Docker:
            engine = engines(number)
            inside = container(engine, hosts)
            for transport in ("tcp", "udp"):
                inside.serves(transport, "0.0.0.0", 80, f"container {number} sees")
                inside.serves(transport, CONTAINER6, 80, f"container {number} sees")
            docker = Docker(engine, inside, firewall, tmp_path)
            stack.callback(docker.close)
            return docker

        yield make


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_port_answers_everywhere_at_once(lan: Host, dockers: MakeDocker, transport: str) -> None:
    docker = dockers(0)
    assert docker.publish("0.0.0.0", 8088, 80, transport) == "0\n"
    assert ask(transport, "127.0.0.1", 8088)() == "container 0 sees 10.213.0.1"
    assert ask(transport, "192.0.2.2", 8088)() == "container 0 sees 192.0.2.2"
    assert ask(transport, "10.213.0.2", 8088)() == "container 0 sees 10.213.0.1"
    assert lan.does(ask(transport, "192.0.2.2", 8088)) == "container 0 sees 192.0.2.1"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ipv6_to_a_container_with_ipv6(lan: Host, dockers: MakeDocker, transport: str) -> None:
    docker = dockers(0)
    assert docker.publish("::", 8088, 80, transport, CONTAINER6) == "0\n"
    assert ask(transport, "::1", 8088)() == "container 0 sees fd64:1::1"
    assert ask(transport, "2001:db8::2", 8088)() == "container 0 sees 2001:db8::2"
    assert lan.does(ask(transport, "2001:db8::2", 8088)) == "container 0 sees 2001:db8::1"
    assert "forwarding" not in docker.log.read_text()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ipv6_to_a_container_without(lan: Host, dockers: MakeDocker, transport: str) -> None:
    docker = dockers(0)
    assert docker.publish("0.0.0.0", 8088, 80, transport) == "0\n"
    assert docker.publish("::", 8088, 80, transport) == "0\n"
    assert ask(transport, "::1", 8088)() == "container 0 sees 10.213.0.1"
    assert lan.does(ask(transport, "2001:db8::2", 8088)) == "container 0 sees 10.213.0.1"
    assert docker.log.read_text().count("forwarding") == 1


def test_a_port_on_localhost_stays_there(lan: Host, dockers: MakeDocker) -> None:
    docker, other = dockers(0), dockers(1)
    assert docker.publish("127.0.0.1", 8088, 80) == "0\n"
    assert ask("tcp", "127.0.0.1", 8088)() == "container 0 sees 10.213.0.1"
    assert ask("tcp", "192.0.2.2", 8088)() == "refused"
    assert lan.does(ask("tcp", "192.0.2.2", 8088)) == "refused"
    assert other.containers.does(ask("tcp", "192.0.2.2", 8088)) == "refused"
    assert other.containers.does(ask("tcp", "10.213.0.2", 8088, patience=0.5)) == "silence"


def test_a_port_on_one_address(lan: Host, dockers: MakeDocker) -> None:
    docker = dockers(0)
    assert docker.publish("192.0.2.2", 80, 80) == "0\n"
    assert lan.does(ask("tcp", "192.0.2.2", 80)) == "container 0 sees 192.0.2.1"
    assert ask("tcp", "127.0.0.1", 80)() == "refused"


@pytest.mark.usefixtures("lan")
def test_containers_reach_published_ports_by_the_machines_address(dockers: MakeDocker) -> None:
    docker, other = dockers(0), dockers(1)
    assert docker.publish("0.0.0.0", 8088, 80) == "0\n"
    assert docker.containers.does(ask("tcp", "192.0.2.2", 8088)) == "container 0 sees 10.213.0.1"
    assert docker.engine.host.does(ask("tcp", "192.0.2.2", 8088)) == "container 0 sees 10.213.0.1"
    assert other.containers.does(ask("tcp", "192.0.2.2", 8088)) == "container 0 sees 10.213.0.6"


def test_a_taken_port_is_refused_in_dockers_words(dockers: MakeDocker) -> None:
    docker, other = dockers(0), dockers(1)
    taken = "1\nBind for 0.0.0.0:8088 failed: port is already allocated\n"
    with socket.create_server(("127.0.0.1", 8088)):
        assert docker.publish("0.0.0.0", 8088, 80) == taken
    assert docker.publish("0.0.0.0", 8088, 80) == "0\n"
    assert other.publish("0.0.0.0", 8088, 80) == taken
    assert other.publish("127.0.0.1", 8088, 80).endswith("port is already allocated\n")
    docker.stop_container()
    assert other.publish("0.0.0.0", 8088, 80) == "0\n"
    assert ask("tcp", "127.0.0.1", 8088)() == "container 1 sees 10.213.0.5"


@pytest.mark.usefixtures("lan")
def test_udp_clients_follow_the_port(dockers: MakeDocker) -> None:
    docker, other = dockers(0), dockers(1)
    ports = [("0.0.0.0", "192.0.2.2"), ("0.0.0.0", "127.0.0.1")]
    for host, asked in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(3)
            client.connect((asked, 5353))
            with contextlib.suppress(ConnectionRefusedError):
                client.send(b"too early")
                client.recv(100)
            assert docker.publish(host, 5353, 80, "udp") == "0\n"
            client.send(b"now")
            assert client.recv(100).startswith(b"container 0 sees")
            docker.stop_container()
            assert other.publish(host, 5353, 80, "udp") == "0\n"
            client.send(b"now")
            assert client.recv(100).startswith(b"container 1 sees")
            other.stop_container()


def test_an_address_that_the_machine_does_not_have(dockers: MakeDocker) -> None:
    answer = dockers(0).publish("198.51.100.7", 80, 80)
    assert answer == "1\nlisten tcp 198.51.100.7:80: bind: cannot assign requested address\n"


def test_nothing_is_left_of_a_port(dockers: MakeDocker) -> None:
    docker = dockers(0)
    before = own_rules()
    for host, family in (("0.0.0.0", "127.0.0.1"), ("::", "::1")):
        assert docker.publish(host, 8088, 80) == "0\n"
        assert ask("tcp", family, 8088)() != "refused"
        docker.stop_container()
        assert ask("tcp", family, 8088)() == "refused"
    assert own_rules() == before


def test_nonsense_is_refused_and_harms_nobody(dockers: MakeDocker) -> None:
    docker = dockers(0)
    for words in (b"-proto\0tcp\n", b"\xff\n", b"x" * 5000, b"-proto\0tcp\0-host-ip\0" + b"1" * 100 + b"\n"):
        with socket.socket(socket.AF_UNIX) as tenant:
            tenant.connect(str(docker.socket))
            tenant.sendall(words)
            try:
                said = tenant.recv(1000)
            except ConnectionResetError:  # it was told too much to listen to the end
                said = b""
            assert said == b"" or said.startswith((b"1\n-", b"1\nthe arguments"))
    assert docker.publish("0.0.0.0", 8088, 80) == "0\n"


def test_a_resolver_that_listens_on_the_loopback_device_only(
    machine: Host, engines: Callable[..., Engine], hosts: Callable[..., Host], firewall: Firewall, tmp_path: Path
) -> None:
    for transport in ("udp", "tcp"):
        machine.serves(transport, "127.0.0.53", 53, "resolver sees", device="lo")
    engine = engines(0, nameserver="127.0.0.53")
    docker = Docker(engine, hosts(), firewall, tmp_path)
    assert engine.host.does(ask("udp", "10.213.0.1", 53)) == "resolver sees 127.0.0.1"
    assert engine.host.does(ask("tcp", "10.213.0.1", 53)) == "resolver sees 127.0.0.1"
    docker.close()
    assert engine.host.does(ask("tcp", "10.213.0.1", 53)) == "refused"


def test_sctp(dockers: MakeDocker) -> None:
    docker = dockers(0)
    assert docker.publish("0.0.0.0", 8088, 80, "sctp") == "0\n"
    assert docker.publish("::", 8088, 80, "sctp") == "0\n"
    assert any("sctp" in str(thing) and "10.213.0.2" in str(thing) for thing in own_rules())
    assert "published [::]:8088->80/sctp, though nothing translates it to IPv4" in docker.log.read_text()


def test_ports_come_back_after_a_flush(dockers: MakeDocker, machine: Host) -> None:
    docker = dockers(0)
    assert docker.publish("0.0.0.0", 8088, 80) == "0\n"
    machine.runs("nft", "flush", "ruleset")
    docker.until(lambda log: "was removed by somebody and is back" in log)
    assert ask("tcp", "127.0.0.1", 8088)() == "container 0 sees 10.213.0.1"
