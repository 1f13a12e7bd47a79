"""Machines whose own firewall would swallow an engine's packets, and what happens when that firewall is reloaded."""

import os
import select
from collections.abc import Callable, Iterator

import pytest

from dinp.edges.network import links
from dinp.edges.network.firewall import Firewall
from dinp.model.value import replace
from tests.edges.network.asking import ask
from tests.edges.network.conftest import Engine, Host, plan

pytestmark = pytest.mark.engine

NFT_POLICY = "iptables-nft -P FORWARD DROP; ip6tables-nft -P FORWARD DROP"
LEGACY_POLICY = "iptables-legacy -P FORWARD DROP; ip6tables-legacy -P FORWARD DROP"
DOCKER = """
for iptables in iptables-nft ip6tables-nft; do
    $iptables -P FORWARD DROP
    $iptables -N DOCKER-USER; $iptables -A DOCKER-USER -j RETURN
    $iptables -N DOCKER-ISOLATION-STAGE-1; $iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
    $iptables -A FORWARD -j DOCKER-USER
    $iptables -A FORWARD -j DOCKER-ISOLATION-STAGE-1
    $iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
done
"""
DOCKER_LEGACY = DOCKER.replace("-nft", "-legacy")
REJECT_AT_THE_END = """
iptables-nft -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables-nft -A FORWARD -j REJECT --reject-with icmp-host-prohibited
ip6tables-nft -A FORWARD -j REJECT
"""
UFW = """
for iptables in iptables-nft ip6tables-nft; do
    $iptables -P FORWARD DROP; $iptables -P INPUT DROP
    $iptables -N before; $iptables -N after; $iptables -N reject
    $iptables -A FORWARD -j before; $iptables -A FORWARD -j after; $iptables -A FORWARD -j reject
    $iptables -A before -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    $iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    $iptables -A INPUT -i lo -j ACCEPT
    $iptables -A INPUT -p icmpv6 -j ACCEPT || true
done
"""
FIREWALLD = """nft -f - <<'END'
table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_POLICIES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_FORWARD_POLICIES
    reject with icmpx admin-prohibited
  }
  chain filter_INPUT_POLICIES { iifname "up0" jump filter_IN_public; meta l4proto ipv6-icmp accept; }
  chain filter_IN_public { tcp dport 22 accept; }
  chain filter_FORWARD_POLICIES { iifname "up0" jump filter_FWD_public; }
  chain filter_FWD_public { return; }
}
END"""

MACHINES = {
    "iptables-nft": NFT_POLICY,
    "iptables-legacy": LEGACY_POLICY,
    "docker": DOCKER,
    "docker-legacy": DOCKER_LEGACY,
    "reject": REJECT_AT_THE_END,
    "ufw": UFW,
    "firewalld": FIREWALLD,
}


def sh(script: str) -> Callable[[Host], str]:
    return lambda machine: machine.runs("bash", "-c", script)


def listing(machine: Host) -> str:
    """Everybody's rules, without counters and handles."""
    legacy = (
        "iptables-legacy-save | grep -v '^#' | sed 's/\\[.*//'; ip6tables-legacy-save | grep -v '^#' | sed 's/\\[.*//'"
    )
    return machine.runs("bash", "-c", f"nft -s list ruleset; {legacy}")


@pytest.mark.parametrize("kind", MACHINES)
def test_engines_get_out_and_leave_no_rule_behind(
    kind: str, machine: Host, lan: Host, engines: Callable[..., Engine], firewall: Firewall
) -> None:
    sh(MACHINES[kind])(machine)
    before = listing(machine)
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    lan.serves("tcp", "2001:db8::1", 9000, "lan sees")
    one, other = engines(0), engines(1)
    for engine in (one, other):
        assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "lan sees 192.0.2.2"
        assert engine.host.does(ask("tcp", "2001:db8::1", 9000)) == "lan sees 2001:db8::2"
    for engine in (one, other):
        links.detach(engine.link.plan)
        firewall.dismiss(engine.link.plan)
    assert listing(machine) == before


@pytest.mark.parametrize("kind", ["ufw", "firewalld"])
@pytest.mark.usefixtures("lan")
def test_the_resolver_is_reached_through_a_closed_input(
    kind: str, machine: Host, engines: Callable[..., Engine]
) -> None:
    sh(MACHINES[kind])(machine)
    machine.serves("udp", "127.0.0.53", 53, "resolver sees")
    engine = engines(0, nameserver="127.0.0.53")
    assert engine.host.does(ask("udp", "10.213.0.1", 53)) == "resolver sees 10.213.0.2"


@pytest.mark.usefixtures("lan")
def test_dockers_own_chain_is_preferred(machine: Host, engines: Callable[..., Engine]) -> None:
    sh(DOCKER)(machine)
    engines(0)
    assert machine.runs("iptables-nft", "-S", "DOCKER-USER").count("dinpt3st-+") == 2
    assert "dinpt3st-+" not in machine.runs("iptables-nft", "-S", "FORWARD")


@pytest.mark.usefixtures("lan")
def test_an_open_firewall_is_left_alone(machine: Host, engines: Callable[..., Engine]) -> None:
    machine.runs("iptables-nft", "-A", "FORWARD", "-s", "198.51.100.0/24", "-j", "DROP")
    engines(0)
    assert "dinp" not in machine.runs("iptables-nft", "-S", "FORWARD")


def after_change(firewall: Firewall) -> list[str]:
    """What the agent's loop does: wait for the descriptor, then reassert, until nothing is left to do."""
    said: list[str] = []
    while select.select([firewall.rules_changed_fd()], [], [], 0.2)[0]:
        said += firewall.reassert()
    return said


@pytest.fixture
def watching(request: pytest.FixtureRequest, firewall: Firewall) -> Iterator[Firewall]:
    request.getfixturevalue("machine")
    firewall.rules_changed_fd()
    yield firewall
    firewall.close()


def test_a_reload_of_somebody_elses_firewall(
    machine: Host, lan: Host, engines: Callable[..., Engine], watching: Firewall
) -> None:
    sh(FIREWALLD)(machine)
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    engine = engines(0)
    assert after_change(watching) == []
    sh("nft delete table inet firewalld; " + FIREWALLD)(machine)
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "EHOSTUNREACH"
    assert len(after_change(watching)) == 1
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "lan sees 192.0.2.2"


def test_a_flush_of_everything(machine: Host, lan: Host, engines: Callable[..., Engine], watching: Firewall) -> None:
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    engine = engines(0)
    before = machine.runs("nft", "-s", "list", "ruleset")
    sh("nft flush ruleset")(machine)
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000, patience=0.3)) == "silence"
    assert after_change(watching) == ["the table dinp_t3st was removed by somebody and is back"]
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "lan sees 192.0.2.2"
    assert sorted(machine.runs("nft", "-s", "list", "ruleset").splitlines()) == sorted(before.splitlines())


def test_a_policy_that_is_closed_later(
    machine: Host, lan: Host, engines: Callable[..., Engine], watching: Firewall
) -> None:
    lan.serves("tcp", "192.0.2.1", 9000, "lan sees")
    engine = engines(0)
    after_change(watching)
    sh(NFT_POLICY)(machine)
    assert len(after_change(watching)) == 2
    assert engine.host.does(ask("tcp", "192.0.2.1", 9000)) == "lan sees 192.0.2.2"


def test_other_peoples_sets_and_chains_are_no_reason_to_look(
    machine: Host, engines: Callable[..., Engine], watching: Firewall
) -> None:
    engines(0)
    after_change(watching)
    sh("nft add table ip proxy; nft add chain ip proxy services; nft add rule ip proxy services accept")(machine)
    assert after_change(watching) == []


@pytest.mark.usefixtures("lan")
def test_what_a_killed_agent_left_is_swept(machine: Host, hosts: Callable[..., Host]) -> None:
    sh(DOCKER)(machine)
    before = listing(machine)
    killed = Firewall("t3st")
    link = links.attach(plan(), hosts().pid)
    killed.admit(link)
    links.detach(plan())
    assert "dinpt3st" in listing(machine)
    said = Firewall("t3st").sweep()
    assert "net.ipv4.ip_forward is 0 again" in said
    assert listing(machine) == before


@pytest.mark.usefixtures("lan")
def test_what_another_killed_agent_left_goes_with_our_last_engine(
    machine: Host, hosts: Callable[..., Host], firewall: Firewall
) -> None:
    sh(DOCKER)(machine)
    before = listing(machine)
    names = ("dinpdead-0", "dinpl1ve-0", "dinpt3st-0")
    made = [links.attach(replace(plan(number), host_name=name), hosts().pid) for number, name in enumerate(names)]
    live = Firewall("l1ve")
    for agent, link in zip((Firewall("dead"), live, firewall), made, strict=True):
        agent.admit(link)
    for ended in (made[0], made[2]):
        links.detach(ended.plan)
    firewall.dismiss(made[2].plan)
    assert "dead" not in listing(machine)
    assert "dinpl1ve-0" in listing(machine)
    links.detach(made[1].plan)
    live.dismiss(made[1].plan)
    assert listing(machine) == before
    for link in made:
        os.close(link.network)


def test_a_machine_that_began_to_forward_for_engines_forwards_for_nobody_else(
    machine: Host, lan: Host, hosts: Callable[..., Host], engines: Callable[..., Engine]
) -> None:
    other = hosts()
    machine.ip("link", "add", "up1", "type", "veth", "peer", "name", "up1", "netns", str(other.pid))
    for one, last in ((machine, 1), (other, 2)):
        one.ip("address", "add", f"198.51.100.{last}/24", "dev", "up1")
        one.ip("link", "set", "up1", "up")
    other.ip("route", "add", "default", "via", "198.51.100.1")
    lan.ip("route", "add", "default", "via", "192.0.2.2")
    other.serves("tcp", "198.51.100.2", 9000, "other sees")
    engine = engines(0)
    assert lan.does(ask("tcp", "198.51.100.2", 9000, patience=0.3)) == "silence"
    assert engine.host.does(ask("tcp", "198.51.100.2", 9000)) == "other sees 198.51.100.1"
