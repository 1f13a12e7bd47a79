"""Which cgroup hierarchies a host has, read from what the kernel says of its mounts."""

from pathlib import Path

from testbed.machine.cgroups import Hierarchy, hierarchies

HYBRID = """\
25 1 0:22 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
26 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
27 25 0:24 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
28 25 0:25 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
UNIFIED = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"


def test_beside_version_1_an_empty_version_2_is_left_out() -> None:
    assert hierarchies(HYBRID) == (
        Hierarchy(Path("/sys/fs/cgroup/cpu,cpuacct"), 1, "cpu,cpuacct"),
        Hierarchy(Path("/sys/fs/cgroup/systemd"), 1, "name=systemd"),
    )


def test_version_2_alone_is_one_hierarchy() -> None:
    assert hierarchies(UNIFIED) == (Hierarchy(Path("/sys/fs/cgroup"), 2, ""),)


def test_a_host_without_cgroups_has_none() -> None:
    assert hierarchies("22 1 0:20 / /proc rw - proc proc rw\n") == ()
