"""What apt prints is read right. Samples are from Debian 12."""

from pathlib import Path

from tools.provision.apt import parse_candidates, parse_dependencies, unpacked_versions

SHOW = """\
Package: docker.io
Version: 20.10.24+dfsg1-1+deb12u1+b6
Depends: libc6 (>= 2.34), libdevmapper1.02.1 (>= 2:1.02.97), adduser, containerd (>= 1.4~), iptables, lsb-base, tini
Pre-Depends: init-system-helpers (>= 1.54~)

Package: runc
Depends: libc6 (>= 2.34), libseccomp2 (>= 2.5.0), python3:any, awk | gawk
"""
POLICY = """\
docker.io:
  Installed: (none)
  Candidate: 20.10.24+dfsg1-1+deb12u1+b6
  Version table:
     20.10.24+dfsg1-1+deb12u1+b6 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
docker-cli:
  Installed: (none)
  Candidate: (none)
  Version table:
tini:
  Installed: 0.19.0-1+b3
  Candidate: 0.19.0-1+b3
  Version table:
 *** 0.19.0-1+b3 500
"""


def test_dependencies_are_names_without_versions_each_once_and_without_what_only_installation_needs() -> None:
    found = parse_dependencies(SHOW, without=frozenset({"containerd", "tini", "adduser", "lsb-base"}))
    assert found == ("libc6", "libdevmapper1.02.1", "iptables", "libseccomp2", "python3", "awk")


def test_a_package_without_candidate_is_not_known() -> None:
    assert parse_candidates(POLICY) == {"docker.io", "tini"}


def test_half_unpacked_versions_do_not_count(tmp_path: Path) -> None:
    for name in ("1.1", ".half-done-x"):
        (tmp_path / "runc" / name).mkdir(parents=True)
    assert unpacked_versions("runc", tmp_path) == [tmp_path / "runc" / "1.1"]
    assert unpacked_versions("absent", tmp_path) == []
