"""What the helper says, which comes from the tenant."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dinp.edges.network.port_request import BadPortRequestError, PortRequest, parse
from dinp.model.link_plan import PublishedPort, Transport

GOOD = "-proto tcp -host-ip 0.0.0.0 -host-port 8088 -container-ip 172.17.0.2 -container-port 80"


def line(text: str) -> bytes:
    return text.replace(" ", "\0").encode()


def test_as_docker_20_and_29_say_it() -> None:
    wanted = PortRequest(PublishedPort(Transport.TCP, "0.0.0.0", 8088), "172.17.0.2", 80)
    assert parse(line(GOOD)) == wanted
    assert parse(line(GOOD + " -use-listen-fd")) == wanted
    assert parse(line(GOOD.replace("-proto tcp", "--proto=tcp"))) == wanted
    assert not wanted.translates


def test_ipv6_is_translated_only_for_a_container_without() -> None:
    six = GOOD.replace("0.0.0.0", "::")
    assert parse(line(six)).translates
    assert not parse(line(six.replace("172.17.0.2", "fd00::2"))).translates


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"'' is no option"),
        (GOOD + " -exec /bin/sh", r"'-exec' is no option"),
        (GOOD.replace("tcp", "icmp"), r"-proto 'icmp' is none of tcp, udp, sctp"),
        (GOOD.replace("8088", "0"), r"-host-port '0' is not a port"),
        (GOOD.replace("8088", "65536"), r"-host-port '65536' is not a port"),
        (GOOD.replace("8088", "²"), r"not ASCII"),
        (GOOD.replace("0.0.0.0", "localhost"), r"-host-ip 'localhost' is not an address"),
        (GOOD.replace("0.0.0.0", "224.0.0.1"), r"-host-ip 224.0.0.1 is an address that nothing"),
        (GOOD.replace("0.0.0.0", "fe80::1"), r"-host-ip fe80::1 is an address that nothing"),
        (GOOD.replace("172.17.0.2", "fe80::1%eth0"), r"has a zone"),
        (GOOD.replace("-container-port 80", "-container-port"), r"-container-port '' is not a port"),
        (GOOD.replace("-proto tcp ", ""), r"-proto is missing"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(BadPortRequestError, match=said):
        parse(line(text))


@given(some.binary(max_size=200))
def test_nothing_else_comes_of_nonsense(data: bytes) -> None:
    with pytest.raises(BadPortRequestError):
        parse(data)
