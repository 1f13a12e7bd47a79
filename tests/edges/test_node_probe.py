"""The facts of real namespaces: routes, MTUs, filters, ids, programs, and that looking is quick and leaves nothing."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dinp.agent.id_ranges import allocate
from dinp.edges.engine_version import BESIDE, VersionQuestion, identity_of, remembered
from dinp.edges.id_probe import living_ranges, own_id_map
from dinp.edges.node_probe import (
    find_programs,
    nearest_directory,
    probe_node,
)
from dinp.edges.user_namespaces import make_user_namespace
from dinp.model.capabilities import Capability, missing
from dinp.model.engine_spec import IsolationKind
from dinp.model.id_range import IdRange
from dinp.model.node_facts import NOT_TRIED


def in_new_network(script: str, *commands: str) -> str:
    """What a Python script prints in a network namespace that shell commands have furnished."""
    furnish = "; ".join(("set -e", "ip link set lo up", *commands, 'exec "$0" -c "$1"'))
    seen = subprocess.run(
        ["unshare", "--net", "sh", "-c", furnish, sys.executable, script], capture_output=True, text=True, check=True
    )
    return seen.stdout


ROUTES = """
from dinp.edges.network_probe import probe_network
print({(route.network, route.link, route.mtu) for route in probe_network().routes})
"""
LINK = ("ip link add up0 type veth peer name far0", "ip link set far0 up", "ip link set up0 mtu 1450 up")
ADDRESS = ("ip address add 10.0.2.15/24 dev up0",)


def test_routes_of_every_table_with_their_own_mtu() -> None:
    seen = in_new_network(
        ROUTES,
        *LINK,
        *ADDRESS,
        "ip route add default via 10.0.2.2 metric 100",
        "ip route add default via 10.0.2.3 metric 50 mtu 1400",
        "ip route add 198.51.100.0/24 via 10.0.2.9 table 52",
        "ip route add unreachable 203.0.113.0/24",
    )
    assert ast.literal_eval(seen) >= {
        ("0.0.0.0/0", "up0", 0),
        ("0.0.0.0/0", "up0", 1400),
        ("10.0.2.0/24", "up0", 0),
        ("198.51.100.0/24", "up0", 0),
    }
    assert "203.0.113" not in seen


def test_ipv6_routes_and_several_next_hops() -> None:
    seen = in_new_network(
        ROUTES,
        *LINK,
        "ip address add fd00:9::2/64 dev up0 nodad",
        "ip route add default nexthop via fd00:9::1 nexthop via fd00:9::3",
    )
    found = ast.literal_eval(seen)
    assert ("::/0", "up0", 0) in found
    assert ("fd00:9::/64", "up0", 0) in found
    assert not any(network.startswith(("ff", "::1")) for network, _, _ in found)


def test_the_mtu_of_a_link_is_that_of_the_own_namespace() -> None:
    script = "from dinp.edges.network_probe import probe_network as p; print({l.name: l.mtu for l in p().links})"
    assert ast.literal_eval(in_new_network(script, *LINK, *ADDRESS))["up0"] == 1450


def test_packet_filters_of_both_kinds() -> None:
    script = (
        "from dinp.edges.netfilter_probe import probe_firewall as p; f = p();"
        "print((f.nft_tables, f.legacy_tables, f.forward_policies))"
    )
    seen = in_new_network(script, "iptables-nft -P FORWARD DROP", "iptables-legacy -t nat -N SOME")
    assert ast.literal_eval(seen) == ((("ip", "filter"),), ("nat",), (("ip filter FORWARD", "drop"),))


@pytest.mark.parametrize("policy", ["drop", "accept"])
def test_the_policy_of_the_older_iptables(policy: str) -> None:
    script = "from dinp.edges.netfilter_probe import probe_firewall as p; print(p().forward_policies)"
    rules = ("iptables-legacy -A FORWARD -s 192.0.2.1 -j ACCEPT", "iptables-legacy -A INPUT -s 192.0.2.1 -j DROP")
    seen = in_new_network(script, *rules, f"iptables-legacy -P FORWARD {policy.upper()}")
    assert ast.literal_eval(seen) == (("legacy filter FORWARD", policy),)


def test_a_namespace_without_filters() -> None:
    script = (
        "from dinp.edges.netfilter_probe import probe_firewall as p; f = p(); print((f.nft_tables, f.forward_policies))"
    )
    assert ast.literal_eval(in_new_network(script)) == ((), ())


def test_this_machine(tmp_path: Path) -> None:
    facts = probe_node(str(tmp_path))
    assert facts.kernel.major >= 4
    assert facts.process.uid == os.geteuid()
    assert not missing(facts.process.capabilities, (Capability.SYS_ADMIN,))
    assert facts.storage.state_dir == str(tmp_path)
    assert facts.storage.free > 0
    assert facts.storage.file_system
    assert facts.network.firewall.nft_tables is not None
    assert list(tmp_path.iterdir()) == []


def test_only_what_the_kind_of_isolation_needs_is_tried(tmp_path: Path) -> None:
    rootful = probe_node(str(tmp_path), only=IsolationKind.ROOTFUL).storage
    userns = probe_node(str(tmp_path), only=IsolationKind.USERNS).storage
    assert (rootful.overlay_userns, userns.overlay) == (NOT_TRIED, NOT_TRIED)
    assert NOT_TRIED not in (rootful.overlay, userns.overlay_userns)


def test_looking_is_quick(tmp_path: Path) -> None:
    """15 ms without the trial mounts is the budget; processor time, because the machine may be busy."""
    probe_node(str(tmp_path))
    started = time.process_time()
    probe_node(str(tmp_path))
    assert time.process_time() - started < 0.05


def test_a_state_directory_that_does_not_exist_yet_is_tried_where_it_would_be(tmp_path: Path) -> None:
    assert nearest_directory(f"{tmp_path}/not/yet") == str(tmp_path)
    assert probe_node(f"{tmp_path}/not/yet").storage.state_dir == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ids_that_a_living_namespace_maps_are_seen() -> None:
    ids = IdRange(0x7100_0000, 65536)
    descriptor = make_user_namespace(ids)
    holder = subprocess.Popen(
        ["nsenter", f"--user=/proc/self/fd/{descriptor}", "sh", "-c", "echo inside; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[descriptor],
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"inside\n"
        assert ids in living_ranges()
        assert not any(allocate(name, {}, living_ranges(), own_id_map()).overlaps(ids) for name in "abc")
    finally:
        holder.communicate()
        os.close(descriptor)


def test_programs_are_found_in_order_and_only_when_they_may_be_run(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for directory, mode in ((first, 0o644), (second, 0o755)):
        directory.mkdir()
        (directory / "tool").touch(mode)
        (directory / "tool").chmod(mode)
    (first / "folder").mkdir()
    assert find_programs(("tool", "folder"), (str(first), str(second))) == (("tool", f"{second}/tool"),)


PROGRAM = "#!/bin/sh\necho asked >> {log}\necho Docker version {version}, build 0\n"


def test_the_version_is_asked_once_per_program(tmp_path: Path) -> None:
    program, log, cache = tmp_path / "dockerd", tmp_path / "log", tmp_path / "cache"
    cache.mkdir()
    program.write_text(PROGRAM.format(log=log, version="20.10.24+dfsg1"), encoding="utf-8")
    program.chmod(0o755)
    for _ in range(3):
        assert VersionQuestion(str(program), str(cache)).answer() == "20.10.24+dfsg1"
    assert log.read_text(encoding="utf-8").count("asked") == 1
    program.write_text(PROGRAM.format(log=log, version="29.10.0"), encoding="utf-8")
    assert VersionQuestion(str(program), str(cache)).answer() == "29.10.0"


def test_an_answer_beside_the_program_is_taken_while_it_is_that_programs(tmp_path: Path) -> None:
    program, log = tmp_path / "dockerd", tmp_path / "log"
    program.write_text(PROGRAM.format(log=log, version="29.10.0"), encoding="utf-8")
    program.chmod(0o755)
    identity = identity_of(str(program), program.stat().st_size, 0)
    (tmp_path / f"dockerd{BESIDE}").write_text(remembered(identity, "29.10.0"), encoding="utf-8")
    assert VersionQuestion(str(program), None).answer() == "29.10.0"
    assert log.exists(), "it was changed since"
    os.utime(program, ns=(0, 0))
    log.unlink()
    assert VersionQuestion(str(program), None).answer() == "29.10.0"
    assert not log.exists()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    program = tmp_path / "dockerd"
    program.write_text(PROGRAM.format(log="/dev/null", version="28.0.1"), encoding="utf-8")
    program.chmod(0o755)
    assert VersionQuestion(str(program), f"{tmp_path}/missing").answer() == "28.0.1"


@pytest.mark.parametrize("words", ["nothing of the kind", "version"])
def test_a_program_without_a_version_has_none(tmp_path: Path, words: str) -> None:
    program = tmp_path / "dockerd"
    program.write_text(f"#!/bin/sh\necho {words}\n", encoding="utf-8")
    program.chmod(0o755)
    assert VersionQuestion(str(program), None).answer() == ""


def test_no_program_has_no_version() -> None:
    assert VersionQuestion(None, None).answer() == ""
