"""Machines as facts: a good one, from which each test changes what it is about."""

from dinp.model.choices import CgroupKind
from dinp.model.id_maps import IdExtent, SubIds
from dinp.model.id_range import IdRange
from dinp.model.kernel_release import KernelRelease
from dinp.model.node_facts import (
    CgroupFacts,
    FirewallFacts,
    LinkMtu,
    NetworkFacts,
    NodeFacts,
    ProcessFacts,
    StorageFacts,
    Trial,
)
from dinp.model.resolv_conf import ResolvConf
from dinp.model.routes import Route
from dinp.model.value import replace

WORKS = Trial(works=True)
INVALID = Trial(works=False, error="Invalid argument", errno=22)
REFUSED = Trial(works=False, error="unshare(CLONE_NEWUSER): Operation not permitted", errno=1)
ALL_CAPABILITIES = 0x1FFFFFFFFFF
CONTAINER_CAPABILITIES = 0xA80425FB
"""What containers get by default (Docker and containerd)."""
WHOLE_MACHINE = (IdExtent(0, 0, 0xFFFF_FFFF),)
NAMES = (
    "dockerd", "containerd", "containerd-shim-runc-v2", "runc", "docker-init", "docker-proxy", "iptables",
    "iptables-nft", "iptables-legacy", "nft", "rootlesskit", "rootlesskit-docker-proxy", "slirp4netns",
    "newuidmap", "newgidmap", "ip", "nsenter",
)  # fmt: skip

ROOT = NodeFacts(
    kernel=KernelRelease(6, 1, "6.1.0-37-cloud-amd64"),
    process=ProcessFacts(
        uid=0,
        user="root",
        capabilities=ALL_CAPABILITIES,
        no_new_privileges=False,
        uid_map=WHOLE_MACHINE,
        gid_map=WHOLE_MACHINE,
        sub_uids=(SubIds("ci", IdRange(100000)),),
        sub_gids=(SubIds("ci", IdRange(100000)),),
        living=(),
        max_user_namespaces=63000,
    ),
    storage=StorageFacts("/var/lib/dinp", "ext4", 50 * 2**30, WORKS, WORKS, (("/var/lib/dinp", WORKS),), fuse=True),
    cgroups=CgroupFacts(
        CgroupKind.V2, ("/sys/fs/cgroup/x",), ("/sys/fs/cgroup/x",), ("cpuset", "cpu", "io", "memory", "pids")
    ),
    network=NetworkFacts(
        routes=(
            Route("0.0.0.0/0", "eth0"),
            Route("192.168.178.0/24", "eth0"),
            Route("::/0", "eth0"),
            Route("fe80::/64", "eth0"),
        ),
        links=(LinkMtu("eth0", 1500),),
        resolver=ResolvConf("/etc/resolv.conf", ("192.168.178.1",), ("example.internal",), ("edns0",)),
        uplink_resolver=None,
        firewall=FirewallFacts((), ()),
        tun=True,
    ),
    programs=tuple((name, f"/usr/bin/{name}") for name in NAMES),
    search_path=("/usr/bin",),
    engine_version="28.5.1",
)
"""A plain machine with everything installed; the agent is root."""

USER = replace(
    ROOT,
    process=replace(ROOT.process, uid=1000, user="ci", capabilities=0),
    storage=replace(ROOT.storage, state_dir="/home/ci/.local/share/dinp", overlay=INVALID, shifted=()),
    network=replace(ROOT.network, firewall=FirewallFacts(None, None)),
)
"""The same machine for an ordinary user with sub-ids."""

POD = replace(
    ROOT,
    process=replace(ROOT.process, container="kubernetes"),
    storage=replace(ROOT.storage, state_dir="/var/lib/dinp"),
    network=replace(
        ROOT.network,
        routes=(Route("0.0.0.0/0", "eth0", 1450), Route("10.244.1.0/24", "eth0")),
        resolver=ResolvConf(
            "/etc/resolv.conf", ("10.96.0.10",), ("ci.svc.cluster.local", "cluster.local"), ("ndots:5",)
        ),
        api_server="172.17.0.1",
    ),
)
"""A privileged pod whose network sets the MTU on the route."""


def with_podman(facts: NodeFacts) -> NodeFacts:
    """The same machine with podman besides."""
    names = ("podman", "conmon", "crun", "netavark", "aardvark-dns")
    return replace(facts, programs=(*facts.programs, *((name, f"/usr/bin/{name}") for name in names)))


def with_buildkitd(facts: NodeFacts) -> NodeFacts:
    """The same machine with buildkitd, and without what only published ports of dockerd need."""
    programs = (*without(facts, "rootlesskit-docker-proxy").programs, ("buildkitd", "/usr/bin/buildkitd"))
    return replace(facts, programs=programs, engine_version="0.32.2")


def without(facts: NodeFacts, *programs: str) -> NodeFacts:
    """The same machine without these programs."""
    return replace(facts, programs=tuple(each for each in facts.programs if each[0] not in programs))
