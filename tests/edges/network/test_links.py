"""A link, and what an engine can and cannot reach through it."""

import os
import socket
import subprocess
from collections.abc import Callable

import pytest

from dinp.edges.network import links, nft, sysctl
from dinp.edges.network.firewall import Firewall
from dinp.model.problem import WorldRefusedError
from dinp.model.value import replace
from tests.edges.network.asking import ask
from tests.edges.network.conftest import Engine, Host, new_host, plan

pytestmark = pytest.mark.engine

OWN_INSTANCE = f"{os.getpid() % 0xFFFF:04x}"
OWN = replace(plan(), host_name=f"dinp{OWN_INSTANCE}-0", host_address="203.0.113.249", engine_address="203.0.113.250")


def test_an_engine_reaches_the_world_as_the_machine(lan: Host, engines: Callable[..., Engine]) -> None:
    engine = engines()
    for transport in ("tcp", "udp"):
        lan.serves(transport, "192.0.2.1", 9000, "lan sees")
        lan.serves(transport, "2001:db8::1", 9000, "lan sees")
        assert engine.host.does(ask(transport, "192.0.2.1", 9000)) == "lan sees 192.0.2.2"
        assert engine.host.does(ask(transport, "2001:db8::1", 9000)) == "lan sees 2001:db8::2"


def test_the_engines_end_is_as_planned(engines: Callable[..., Engine]) -> None:
    engine = engines(3, mtu=1400)
    assert engine.host.runs("cat", "/proc/sys/net/ipv4/ip_local_port_range").split() == ["40768", "41023"]
    seen = engine.host.runs("ip", "-o", "address")
    assert "10.213.0.14/30" in seen
    assert "fd64:1:3::2/64" in seen
    assert "tentative" not in seen
    assert "mtu 1400" in engine.host.runs("ip", "link", "show", "eth0")
    assert engine.host.runs("ip", "-o", "link", "show", "lo").count("LOOPBACK,UP") == 1


def test_engines_do_not_reach_each_other(engines: Callable[..., Engine]) -> None:
    one, other = engines(0), engines(1)
    other.host.serves("tcp", "0.0.0.0", 9000, "other sees")
    other.host.serves("tcp", "::", 9001, "other sees")
    assert one.host.does(ask("tcp", "10.213.0.6", 9000, patience=0.5)) == "silence"
    assert one.host.does(ask("tcp", "fd64:1:1::2", 9001, patience=0.5)) == "silence"
    assert ask("tcp", "10.213.0.6", 9000)() == "other sees 10.213.0.5"


def test_the_lan_does_not_reach_engines(lan: Host, engines: Callable[..., Engine]) -> None:
    engine = engines()
    engine.host.serves("tcp", "0.0.0.0", 9000, "engine sees")
    lan.ip("route", "add", "10.213.0.0/16", "via", "192.0.2.2")
    assert lan.does(ask("tcp", "10.213.0.2", 9000, patience=0.5)) == "silence"


def test_a_false_sender_gets_nowhere(lan: Host, engines: Callable[..., Engine]) -> None:
    engine = engines()
    lan.serves("udp", "192.0.2.1", 9000, "lan sees")
    lan.ip("route", "add", "10.0.0.0/8", "via", "192.0.2.2")
    for false in ("192.0.2.2", "10.213.0.6", "10.99.0.1"):
        engine.host.ip("address", "add", f"{false}/32", "dev", "lo")
        assert engine.host.does(ask("udp", "192.0.2.1", 9000, patience=0.3, source=false)) == "silence"


def test_the_machines_loopback_is_out_of_reach(machine: Host, engines: Callable[..., Engine]) -> None:
    engine = engines()
    machine.serves("tcp", "127.0.0.1", 9000, "secret")
    machine.serves("udp", "127.0.0.1", 9000, "secret")
    engine.host.ip("route", "add", "127.0.0.1/32", "via", "10.213.0.1", "table", "7")
    engine.host.ip("rule", "add", "pref", "0", "to", "127.0.0.1", "table", "7")
    engine.host.runs("sh", "-c", "ip rule del pref 0 lookup local; ip rule add pref 10 lookup local")
    engine.host.runs("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet")
    for transport in ("tcp", "udp"):
        assert engine.host.does(ask(transport, "127.0.0.1", 9000, 0.3, source="10.213.0.2")) == "silence"


def test_a_resolver_on_loopback_answers_at_the_links_address(machine: Host, engines: Callable[..., Engine]) -> None:
    engine = engines(0, nameserver="127.0.0.53")
    for transport in ("udp", "tcp"):
        machine.serves(transport, "127.0.0.53", 53, "resolver sees")
        assert engine.host.does(ask(transport, "10.213.0.1", 53)) == "resolver sees 10.213.0.2"


def test_addresses_of_other_agents_are_told(engines: Callable[..., Engine]) -> None:
    engines(0)
    engines(2)
    assert links.others_addresses("0000") == {"10.213.0.1", "10.213.0.9"}
    assert links.others_addresses("t3st") == frozenset()


@pytest.mark.usefixtures("machine")
def test_a_link_left_by_a_killed_agent_is_replaced(hosts: Callable[..., Host]) -> None:
    first, second = hosts(), hosts()
    os.close(links.attach(plan(), first.pid).network)
    os.close(links.attach(plan(), second.pid).network)
    assert "10.213.0.2" in second.runs("ip", "address")
    assert "10.213.0.2" not in first.runs("ip", "address")
    assert links.detach(plan())
    assert not links.detach(plan())


def test_a_process_that_is_gone_is_named() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(WorldRefusedError, match=r"dinpt3st-0 .*open the engine's network namespace"):
        links.attach(plan(), gone.pid)


@pytest.mark.usefixtures("lan")
def test_nothing_is_left(machine: Host, hosts: Callable[..., Host], firewall: Firewall) -> None:
    def everything() -> list[str]:
        sysctls = machine.runs("sh", "-c", "cd /proc/sys/net; grep -r . ipv4/conf ipv6/conf ipv4/ip_forward | sort")
        return [machine.runs("nft", "list", "ruleset"), machine.runs("ip", "-o", "link"), sysctls]

    before = everything()
    made = [links.attach(plan(number), hosts("--user", "--map-root-user").pid) for number in range(2)]
    said = [firewall.admit(link) for link in made]
    assert said[0][:1] == ("net.ipv4.ip_forward was 0 and is 1 while engines run",)
    assert said[1] == ()
    for link in made:
        os.close(link.network)
        links.detach(link.plan)
        firewall.dismiss(link.plan)
        firewall.dismiss(link.plan)
    assert everything() == before
    assert nft.listing("ruleset") == []


def test_a_machine_without_ipv6_gives_none_and_works(lan: Host, engines: Callable[..., Engine]) -> None:
    for name in ("all", "default"):
        sysctl.write(f"ipv6/conf/{name}/disable_ipv6", "1")
    engine = engines()
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    assert not engine.link.ipv6
    assert "inet6 fd" not in engine.host.runs("ip", "address")
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "lan sees 192.0.2.2"


def test_this_very_machine_is_as_before() -> None:
    """The only test on the real machine; what other agents do there meanwhile is their business."""

    def everything() -> tuple[list[str], list[str], list[str]]:
        names = [name for _, name in socket.if_nameindex() if not name.startswith("dinp")]
        tables = [str(table) for table in nft.listing("tables") if "dinp_" not in str(table)]
        kept = ("route_localnet", "rp_filter", "accept_redirects")
        return (
            names,
            tables,
            [f"{name} {key} {sysctl.read(f'ipv4/conf/{name}/{key}')}" for name in names for key in kept],
        )

    own = Firewall(OWN_INSTANCE)
    host = new_host("--user", "--map-root-user")
    forwards = sysctl.read("ipv4/ip_forward")
    others = "dinp_" in str(nft.listing("tables"))
    try:
        before = everything()
        link = links.attach(OWN, host.pid)
        own.admit(link)
        assert sysctl.read("ipv4/ip_forward") == "1"
        assert f"dinp_{OWN_INSTANCE}" in str(nft.listing("tables"))
        os.close(link.network)
        links.detach(OWN)
        own.dismiss(OWN)
        assert everything() == before
        assert f"dinp_{OWN_INSTANCE}" not in str(nft.listing("tables"))
        assert others or sysctl.read("ipv4/ip_forward") == forwards
    finally:
        host.close()
        links.detach(OWN)
