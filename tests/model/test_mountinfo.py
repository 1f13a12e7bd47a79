from pathlib import Path

import pytest

from dinp.model.mountinfo import mount_of, parse_mountinfo

NODE = Path(__file__).parents[1] / "captures" / "node"


def mounts(name: str) -> dict[str, str]:
    return {mount.target: mount.kind for mount in parse_mountinfo((NODE / name).read_text(encoding="utf-8"))}


def test_a_virtual_machine_with_both_kinds_of_cgroups() -> None:
    seen = mounts("mountinfo-vm-hybrid.txt")
    assert seen["/"] == "ext4"
    assert seen["/sys/fs/cgroup/memory"] == "cgroup"
    assert seen["/sys/fs/cgroup/unified"] == "cgroup2"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "overlay"),
        ("/var/lib/dinp", "ext4"),
        ("/var/lib/dinp/team-a/data", "ext4"),
        ("/var/lib/dinpx", "overlay"),
        ("/work space/src", "ext4"),
        ("/home", "overlay"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path: str, kind: str) -> None:
    mount = mount_of(parse_mountinfo((NODE / "mountinfo-pod-v2.txt").read_text(encoding="utf-8")), path)
    assert mount is not None
    assert mount.kind == kind


def test_of_mounts_stacked_on_one_directory_the_last_one_is_seen() -> None:
    text = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / / rw - xfs /dev/b rw\n"
    mount = mount_of(parse_mountinfo(text), "/x")
    assert mount is not None
    assert mount.kind == "xfs"


def test_read_only_by_mount_or_by_file_system() -> None:
    parsed = parse_mountinfo((NODE / "mountinfo-pod-v2.txt").read_text(encoding="utf-8"))
    writable = {mount.target: mount.writable for mount in parsed}
    assert writable["/var/lib/dinp"]
    assert not writable["/sys/fs/cgroup"]
    assert not writable["/sys"]


def test_lines_that_are_no_mounts_are_passed_over() -> None:
    assert parse_mountinfo("") == ()
    assert parse_mountinfo("garbage\n1 2 3 - 4\n") == ()
