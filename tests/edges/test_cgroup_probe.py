"""How control groups are mounted, read from real machines and pods."""

from pathlib import Path

import pytest

from dinp.edges.cgroup_probe import kind, probe_cgroups
from dinp.model.choices import CgroupKind
from dinp.model.mountinfo import parse_mountinfo

NODE = Path(__file__).parents[1] / "captures" / "node"


@pytest.mark.parametrize(
    ("capture", "expected"),
    [
        ("mountinfo-vm-hybrid.txt", CgroupKind.HYBRID),
        ("mountinfo-pod-v1.txt", CgroupKind.V1),
        ("mountinfo-pod-privileged-v1.txt", CgroupKind.V1),
        ("mountinfo-pod-v2.txt", CgroupKind.V2),
    ],
)
def test_the_kind_of_real_machines(capture: str, expected: CgroupKind) -> None:
    assert kind(parse_mountinfo((NODE / capture).read_text(encoding="utf-8"))) is expected


def test_nothing_mounted() -> None:
    assert kind(()) is CgroupKind.NONE


def test_only_a_privileged_pod_may_change_its_groups() -> None:
    def writable(capture: str) -> set[bool]:
        mounts = parse_mountinfo((NODE / capture).read_text(encoding="utf-8"))
        return {mount.writable for mount in mounts if mount.kind == "cgroup"}

    assert writable("mountinfo-pod-v1.txt") == {False}
    assert writable("mountinfo-pod-privileged-v1.txt") == {True}


def test_this_machine() -> None:
    mounts = parse_mountinfo(Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
    facts = probe_cgroups(mounts)
    assert set(facts.writable) <= set(facts.own)
    assert ("memory" in facts.controllers) == bool(facts.writable)
