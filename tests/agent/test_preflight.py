"""Every outcome of preflight as a person reads it, and properties of the networks that it chooses."""

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.agent.preflight import preflight
from dinp.model.choices import CgroupKind
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Limits
from dinp.model.id_maps import IdExtent
from dinp.model.kernel_release import KernelRelease
from dinp.model.node_facts import CgroupFacts, FirewallFacts, LinkMtu, NodeFacts, Trial
from dinp.model.problem import WorldRefusedError
from dinp.model.resolv_conf import ResolvConf
from dinp.model.routes import Route
from dinp.model.value import replace
from tests.agent.machines import (
    CONTAINER_CAPABILITIES,
    INVALID,
    POD,
    REFUSED,
    ROOT,
    USER,
    WORKS,
    with_buildkitd,
    with_podman,
    without,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "preflight"
STUB = ResolvConf("/etc/resolv.conf", ("127.0.0.53",), ("example.internal",))
UPLINK = ResolvConf("/run/systemd/resolve/resolv.conf", ("192.168.178.1", "fe80::1%2"))
ALL_LIMITS = Limits(memory=2**32, cpus=2.0, pids=4096)
NO_CGROUPS = CgroupFacts(CgroupKind.V2, ("/sys/fs/cgroup",), (), ())
V1 = CgroupFacts(CgroupKind.V1, ("/sys/fs/cgroup/memory",), ("/sys/fs/cgroup/memory",), ("memory", "pids", "cpu"))


@dataclass(frozen=True)
class Case:
    facts: NodeFacts
    spec: EngineSpec = field(default_factory=EngineSpec)
    workspaces: tuple[str, ...] = ()


def process(facts: NodeFacts, **changes: object) -> NodeFacts:
    return replace(facts, process=replace(facts.process, **changes))


def storage(facts: NodeFacts, **changes: object) -> NodeFacts:
    return replace(facts, storage=replace(facts.storage, **changes))


def network(facts: NodeFacts, **changes: object) -> NodeFacts:
    return replace(facts, network=replace(facts.network, **changes))


def pasta(facts: NodeFacts, version: str) -> NodeFacts:
    """The same machine with pasta and no slirp4netns."""
    programs = (*without(facts, "slirp4netns").programs, ("pasta", "/usr/bin/pasta"))
    return replace(facts, programs=programs, pasta_version=version)


ON_OVERLAY = storage(POD, file_system="overlay", overlay=INVALID, overlay_userns=INVALID)
ON_NFS = storage(ROOT, file_system="nfs4", overlay=INVALID, overlay_userns=INVALID)
ON_NEW_KERNEL = replace(
    ROOT,
    kernel=KernelRelease(6, 12, "6.12.0-amd64"),
    programs=(*ROOT.programs, ("qemu-aarch64-static", "/usr/bin/qemu-aarch64-static")),
)
ROUTES_EVERYWHERE = tuple(
    Route(text, "eth0")
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "100.64.0.0/10", "fd00::/8")
)

PODMAN = EngineSpec(kind=EngineKind.PODMAN)
BUILDKITD = EngineSpec(kind=EngineKind.BUILDKITD)

CASES = {
    "root": Case(ROOT),
    "user": Case(USER),
    "privileged-pod": Case(POD, EngineSpec(limits=ALL_LIMITS)),
    "rootful-asked-for": Case(ROOT, EngineSpec(isolation=IsolationKind.ROOTFUL)),
    "rootful-beside-legacy-rules": Case(
        network(ROOT, firewall=FirewallFacts((), ("filter", "nat"))), EngineSpec(isolation=IsolationKind.ROOTFUL)
    ),
    "rootful-by-user": Case(USER, EngineSpec(isolation=IsolationKind.ROOTFUL)),
    "userns-by-user": Case(USER, EngineSpec(isolation=IsolationKind.USERNS)),
    "rootless-by-root": Case(ROOT, EngineSpec(isolation=IsolationKind.ROOTLESS)),
    "root-in-an-ordinary-container": Case(process(ROOT, capabilities=CONTAINER_CAPABILITIES, container="kubernetes")),
    "user-namespaces-off": Case(process(ROOT, max_user_namespaces=0)),
    "user-namespaces-off-for-user": Case(process(USER, max_user_namespaces=0)),
    "user-namespaces-exhausted": Case(
        storage(ROOT, overlay_userns=Trial(False, "unshare(CLONE_NEWUSER): No space left on device", 28))
    ),
    "user-namespace-refused-to-user": Case(
        storage(USER, overlay_userns=Trial(False, "unshare(0x10020000): Operation not permitted", 1))
    ),
    "user-namespace-refused": Case(storage(ROOT, overlay_userns=REFUSED)),
    "apparmor-without-profile": Case(process(USER, apparmor_restricts=True)),
    "apparmor-with-profile": Case(
        storage(
            process(USER, apparmor_restricts=True, rootlesskit_profile=True),
            overlay_userns=Trial(False, "Permission denied", 13),
        )
    ),
    "old-engine": Case(replace(ROOT, engine_version="19.03.15")),
    "podman": Case(replace(with_podman(ROOT), engine_version="4.3.1"), PODMAN),
    "podman-too-old": Case(replace(with_podman(ROOT), engine_version="3.4.4"), PODMAN),
    "podman-by-user": Case(replace(with_podman(USER), engine_version="4.3.1"), PODMAN),
    "podman-missing": Case(ROOT, PODMAN),
    "buildkitd": Case(with_buildkitd(ROOT), BUILDKITD),
    "buildkitd-by-user": Case(
        # It publishes no ports and writes no rules: the programs for these are not asked for.
        with_buildkitd(without(USER, "dockerd", "containerd", "iptables", "iptables-nft", "iptables-legacy", "nft")),
        BUILDKITD,
    ),
    "buildkitd-by-user-with-pasta-alone": Case(
        with_buildkitd(pasta(USER, "pasta 0.0~git20240220.1e6f92b-1")), BUILDKITD
    ),
    "buildkitd-by-user-without-rootlesskit": Case(
        with_buildkitd(without(USER, "rootlesskit", "slirp4netns", "runc")), BUILDKITD
    ),
    "buildkitd-by-user-with-limits-on-v1": Case(
        replace(with_buildkitd(USER), cgroups=V1),
        EngineSpec(kind=EngineKind.BUILDKITD, limits=Limits(memory=2**30, pids=100)),
    ),
    "buildkitd-missing": Case(without(ROOT, "runc"), BUILDKITD),
    "unprivileged-clone-off": Case(process(USER, unprivileged_clone=False)),
    "proc-covered": Case(process(USER, new_proc=Trial(False, "mount proc: Operation not permitted", 1))),
    "tmp-not-writable": Case(process(USER, may_write_tmp=False)),
    "proc-not-tried-for-want-of-a-namespace": Case(
        process(storage(USER, overlay_userns=REFUSED), new_proc=Trial(False, "unshare(0x30020000): No space left", 28))
    ),
    "no-new-privileges": Case(process(USER, no_new_privileges=True)),
    "user-without-sub-ids-and-programs": Case(
        network(without(process(USER, sub_uids=(), sub_gids=()), "rootlesskit", "slirp4netns"), tun=False)
    ),
    "user-with-pasta-alone": Case(pasta(USER, "pasta 0.0~git20240220.1e6f92b-1")),
    "user-with-old-pasta-alone": Case(pasta(USER, "pasta unknown version")),
    "user-without-port-client": Case(replace(without(USER, "rootlesskit-docker-proxy"), engine_version="20.10.24")),
    "pod-with-host-users-false": Case(process(POD, uid_map=(IdExtent(0, 305070080, 65536),))),
    "workspace-in-pod-with-host-users-false": Case(
        storage(
            process(POD, uid_map=(IdExtent(0, 305070080, 65536),)),
            shifted=(("/workspace", Trial(False, "mount_setattr: Operation not permitted", 1)),),
        ),
        workspaces=("/workspace",),
    ),
    "workspace-missing": Case(
        storage(ROOT, shifted=(("/w", Trial(False, "open_tree /w: No such file or directory", 2)),)), workspaces=("/w",)
    ),
    "namespace-of-one-id": Case(process(ROOT, uid_map=(IdExtent(0, 1000, 1),))),
    "emulation": Case(ON_NEW_KERNEL, EngineSpec(emulation=("arm64", "amd64"))),
    "emulation-of-the-machine-itself": Case(USER, EngineSpec(emulation=("amd64",))),
    "emulation-on-an-old-kernel": Case(ROOT, EngineSpec(emulation=("arm64",))),
    "emulation-for-user": Case(USER, EngineSpec(emulation=("arm64", "s390x"))),
    "no-engine": Case(without(ROOT, "dockerd", "runc")),
    "no-engine-in-program-path": Case(without(ROOT, "dockerd"), EngineSpec(program_path=("/opt/docker",))),
    "no-packet-filter": Case(without(ROOT, "iptables", "iptables-nft", "iptables-legacy", "nft")),
    "no-nf-tables": Case(network(ROOT, firewall=FirewallFacts(None, ()))),
    "forward-policy-drop": Case(
        network(ROOT, firewall=FirewallFacts((("ip", "filter"), ("ip", "nat")), (), (("ip filter FORWARD", "drop"),)))
    ),
    "state-dir-on-overlay": Case(ON_OVERLAY),
    "state-dir-on-overlay-with-fuse": Case(
        replace(ON_OVERLAY, programs=(*ON_OVERLAY.programs, ("fuse-overlayfs", "/usr/bin/fuse-overlayfs")))
    ),
    "state-dir-on-overlay-asked-for-vfs": Case(ON_OVERLAY, EngineSpec(storage_driver="vfs")),
    "state-dir-on-overlay-asked-for-overlay2": Case(ON_OVERLAY, EngineSpec(storage_driver="overlay2")),
    "fuse-overlayfs-asked-for": Case(ROOT, EngineSpec(storage_driver="fuse-overlayfs")),
    "state-dir-on-nfs": Case(ON_NFS),
    "old-kernel": Case(replace(storage(ROOT, overlay_userns=INVALID), kernel=KernelRelease(5, 4, "5.4.0-216-generic"))),
    "overlay-refused": Case(storage(ROOT, overlay_userns=Trial(False, "Permission denied", 13))),
    "no-cgroups": Case(replace(ROOT, cgroups=NO_CGROUPS)),
    "no-cgroups-with-limits": Case(replace(ROOT, cgroups=NO_CGROUPS), EngineSpec(limits=ALL_LIMITS)),
    "user-with-limits-on-v1": Case(replace(USER, cgroups=V1), EngineSpec(limits=Limits(memory=2**30))),
    "workspace-shifted": Case(storage(ROOT, shifted=(("/var/lib/dinp", WORKS), ("/w", WORKS))), workspaces=("/w",)),
    "workspace-refused": Case(
        storage(POD, shifted=(("/var/lib/dinp", WORKS), ("/workspace", INVALID))), workspaces=("/workspace",)
    ),
    "no-idmapped-mounts": Case(storage(ROOT, shifted=(("/var/lib/dinp", INVALID),))),
    "loopback-resolver": Case(network(ROOT, resolver=STUB)),
    "loopback-resolver-for-user": Case(network(USER, resolver=STUB)),
    "loopback-resolver-for-rootful": Case(network(ROOT, resolver=STUB), EngineSpec(isolation=IsolationKind.ROOTFUL)),
    "systemd-resolved": Case(network(ROOT, resolver=STUB, uplink_resolver=UPLINK)),
    "no-resolver": Case(network(ROOT, resolver=ResolvConf("/etc/resolv.conf"))),
    "two-ways-out": Case(
        network(
            ROOT,
            routes=(Route("0.0.0.0/0", "eth0"), Route("128.0.0.0/1", "wg0"), Route("172.17.0.0/16", "docker0")),
            links=(LinkMtu("eth0", 9000), LinkMtu("wg0", 1420), LinkMtu("docker0", 1500)),
        )
    ),
    "no-way-out": Case(network(ROOT, routes=(), links=())),
    "smaller-than-ipv6-allows": Case(network(ROOT, links=(LinkMtu("eth0", 576),))),
    "all-private-networks-routed": Case(
        network(ROOT, routes=tuple(Route(text, "wg0") for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
    ),
    "no-network-left": Case(network(ROOT, routes=ROUTES_EVERYWHERE)),
    "avoid-networks": Case(ROOT, EngineSpec(avoid_networks=("172.16.0.0/13", "198.18.0.0/16"))),
    "address-pools": Case(ROOT, EngineSpec(address_pools=("10.200.0.0/16", "fd00:5::/48", "10.201.3.0/28"))),
    "address-pools-collide": Case(ROOT, EngineSpec(address_pools=("192.168.0.0/16",))),
    "address-pools-of-ipv6-only": Case(ROOT, EngineSpec(address_pools=("fd00:5::/48",))),
    "everything-at-once": Case(
        without(replace(ON_NFS, cgroups=NO_CGROUPS), "containerd", "nft"),
        EngineSpec(limits=ALL_LIMITS, address_pools=("192.168.178.0/24",)),
    ),
}


def report(case: Case) -> str:
    """What a person reads."""
    try:
        choices = preflight(case.facts, case.spec, case.workspaces)
    except WorldRefusedError as refused:
        return "".join(f"{each.code}\n  {each.sentence}\n  {each.remedy}\n" for each in refused.problems)
    if choices.not_shifted:
        return "".join(f"{each.code}\n  {each.sentence}\n  {each.remedy}\n" for _, each in choices.not_shifted)
    lines = [
        f"{each.about}: {each.chosen}\n  seen: {each.seen}\n  why: {each.why}\n  would change: {each.would_change}\n"
        for each in choices.decisions
    ]
    return "".join(lines)


@pytest.mark.parametrize("name", CASES)
def test_report(name: str, update: bool) -> None:
    file = GOLDEN / f"{name}.txt"
    seen = report(CASES[name])
    if update:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


def test_no_report_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(CASES)


def test_each_decision_has_a_reason_and_a_name_of_its_own() -> None:
    decisions = preflight(ROOT, EngineSpec()).decisions
    assert len({each.about for each in decisions}) == len(decisions)
    for each in decisions:
        assert all((each.seen, each.chosen, each.why, each.would_change)), each.about


def test_nothing_is_chosen_that_copies_whole_images_or_keeps_nothing_apart() -> None:
    for case in CASES.values():
        try:
            choices = preflight(case.facts, replace(case.spec, storage_driver=None, isolation=None), case.workspaces)
        except WorldRefusedError:
            continue
        assert choices.storage_driver in ("overlay2", "fuse-overlayfs")
        assert choices.isolation is not IsolationKind.ROOTFUL


NETWORKS = st.builds(
    lambda address, prefix: str(ip_network((address, prefix), strict=False)),
    st.one_of(
        st.integers(int(ip_address("10.0.0.0")), int(ip_address("10.255.255.255"))),
        st.integers(int(ip_address("172.16.0.0")), int(ip_address("172.31.255.255"))),
        st.integers(int(ip_address("192.168.0.0")), int(ip_address("192.168.255.255"))),
        st.integers(int(ip_address("198.18.0.0")), int(ip_address("198.19.255.255"))),
    ),
    st.integers(8, 32),
)


@settings(max_examples=60)
@given(st.lists(NETWORKS, max_size=8), st.lists(NETWORKS, max_size=3))
def test_chosen_networks_collide_with_nothing_and_not_with_each_other(routes: list[str], avoid: list[str]) -> None:
    facts = network(ROOT, routes=(*ROOT.network.routes, *(Route(text, "eth0") for text in routes)))
    choices = preflight(facts, EngineSpec(avoid_networks=tuple(avoid)))
    chosen = [
        ip_network(choices.bridge_address, strict=False),
        *(ip_network(base) for base, _ in choices.address_pools),
        ip_network(choices.link_network),
    ]
    taken = [ip_network(text) for text in (*routes, *avoid, "192.168.178.0/24")]
    for index, each in enumerate(chosen):
        assert not any(each.overlaps(other) for other in (*taken, *chosen[:index]))


def test_links_of_other_agents_do_not_take_the_link_network() -> None:
    ours = network(ROOT, routes=(*ROOT.network.routes, Route("198.18.0.4/30", "dinp1a2be0")))
    assert preflight(ours, EngineSpec()).link_network == preflight(ROOT, EngineSpec()).link_network


def test_a_user_without_delegation_on_v2_can_still_run_without_limits() -> None:
    assert not preflight(replace(USER, cgroups=NO_CGROUPS), EngineSpec()).cgroup_limits


@pytest.mark.parametrize("kind", [IsolationKind.USERNS, IsolationKind.ROOTFUL])
def test_whatever_engine_has_a_link_gets_one_that_collides_with_nothing(kind: IsolationKind) -> None:
    facts = network(ROOT, routes=(*ROOT.network.routes, Route("198.18.0.0/15", "eth0")))
    choices = preflight(facts, EngineSpec(isolation=kind))
    assert not ip_network(choices.link_network).overlaps(ip_network("198.18.0.0/15"))
    assert "link-network" in {each.about for each in choices.decisions}
