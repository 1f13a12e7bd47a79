"""The busybox root is what `docker import` takes, and the same bytes every time."""

import tarfile
from pathlib import Path

from tools.provision.images import write_busybox_root


def test_a_busybox_root_has_its_applets_accounts_and_a_tmp_for_everybody(tmp_path: Path) -> None:
    binary = tmp_path / "busybox"
    binary.write_bytes(b"\x7fELF")
    write_busybox_root(tmp_path / "root.tar", binary, ["busybox", "ls", "sh"])
    with tarfile.open(tmp_path / "root.tar") as tar:
        members = {member.name: member for member in tar}
        assert members["bin/sh"].linkname == "busybox"
        assert members["bin/busybox"].isfile()
        assert members["bin/busybox"].mode == 0o755
        assert members["tmp"].mode == 0o1777
        passwd = tar.extractfile("etc/passwd")
        assert passwd is not None
        assert passwd.read().startswith(b"root:x:0:0:")


def test_the_same_busybox_gives_the_same_bytes(tmp_path: Path) -> None:
    binary = tmp_path / "busybox"
    binary.write_bytes(b"\x7fELF")
    for name in ("one.tar", "two.tar"):
        write_busybox_root(tmp_path / name, binary, ["ls"])
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
