"""Trial mounts against the real kernel: what works is said to work, what is refused is said with the kernel's words."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dinp.edges.trial_mounts import try_overlay, try_overlay_in, try_shift
from dinp.edges.user_namespaces import make_user_namespace
from dinp.model.id_range import IdRange

IDS = IdRange(0x7000_0000)
SHM = Path("/dev/shm")


@pytest.fixture
def tmpfs() -> Iterator[str]:
    """A directory on tmpfs, which carries overlay and idmapped mounts everywhere."""
    path = SHM / f"dinp-test-{os.getpid()}"
    path.mkdir(mode=0o700)
    yield str(path)
    path.rmdir()  # fails when a trial left anything behind


@pytest.fixture
def namespace() -> Iterator[int]:
    descriptor = make_user_namespace(IDS)
    yield descriptor
    os.close(descriptor)


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_overlay_works_as_root_and_in_a_user_namespace(tmpfs: str, namespace: int) -> None:
    before = mounts()
    assert try_overlay(tmpfs).works
    assert try_overlay_in(namespace, IDS.first, tmpfs).works
    assert mounts() == before


def test_the_layers_may_lie_where_only_root_may_look(tmpfs: str, namespace: int) -> None:
    assert Path(tmpfs).stat().st_mode & 0o777 == 0o700
    assert try_overlay_in(namespace, IDS.first, tmpfs).works


def test_proc_carries_no_overlay() -> None:
    trial = try_overlay("/proc/self")
    assert not trial.works
    assert trial.errno


def test_an_idmapped_mount_of_tmpfs_works(tmpfs: str, namespace: int) -> None:
    before = mounts()
    assert try_shift(namespace, tmpfs).works
    assert mounts() == before


def test_a_directory_that_is_not_there(namespace: int) -> None:
    assert try_shift(namespace, "/not/there").errno == errno.ENOENT


def test_an_idmapped_mount_of_proc_is_refused(namespace: int) -> None:
    trial = try_shift(namespace, "/proc")
    assert not trial.works
    assert "Invalid argument" in trial.error


IN_OVERLAY = """
import os, sys
from dinp.edges.linux_syscalls import CLONE_NEWNS, MS_PRIVATE, MS_REC, mount, unshare
from dinp.edges.trial_mounts import try_overlay, try_overlay_in, try_shift
from dinp.edges.user_namespaces import make_user_namespace
from dinp.model.id_range import IdRange
base = sys.argv[1]
unshare(CLONE_NEWNS)
mount("none", "/", "", MS_REC | MS_PRIVATE)
mount("tmpfs", base, "tmpfs")
for part in ("lower", "upper", "work", "root"):
    os.mkdir(f"{base}/{part}")
mount("overlay", f"{base}/root", "overlay", 0, f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work")
ids = IdRange(0x7000_0000)
namespace = make_user_namespace(ids)
print(try_overlay(f"{base}/root").works, try_overlay_in(namespace, ids.first, f"{base}/root").works,
      try_shift(namespace, f"{base}/root").works)
print(os.listdir(f"{base}/root"))
"""


def test_overlay_is_refused_on_overlay_as_in_a_containers_root(tmp_path: Path) -> None:
    seen = subprocess.run([sys.executable, "-c", IN_OVERLAY, tmp_path], capture_output=True, text=True, check=True)
    assert seen.stdout.splitlines() == ["False False False", "[]"]


AS_USER = """
import os, sys
from dinp.edges.trial_mounts import try_overlay_as_user
print(try_overlay_as_user(sys.argv[1]), os.listdir(sys.argv[1]))
"""


def test_overlay_as_an_ordinary_user(tmpfs: str) -> None:
    os.chown(tmpfs, 4711, 4711)
    seen = subprocess.run(
        ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups", sys.executable, "-c", AS_USER, tmpfs],
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stdout == "Trial(works=True, error='', errno=0) []\n"


PROC_AS_USER = """
from dinp.edges.trial_mounts import try_proc_as_user
print(try_proc_as_user())
"""


@pytest.mark.parametrize("covered", [False, True])
def test_a_new_proc_is_refused_where_the_present_one_is_covered(covered: bool) -> None:
    before = mounts()
    cover = "mount -t tmpfs none /proc/tty" if covered else "true"
    become = f"exec setpriv --reuid=4711 --regid=4711 --clear-groups {sys.executable} -c '{PROC_AS_USER}'"
    words = ["unshare", "--mount", "sh", "-euc", f"{cover}; {become}"]
    seen = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    refused = "Trial(works=False, error='mount proc: Operation not permitted', errno=1)\n"
    assert seen == (refused if covered else "Trial(works=True, error='', errno=0)\n")
    assert mounts() == before


def test_a_directory_that_cannot_be_written_is_a_failed_trial_and_no_exception() -> None:
    trial = try_overlay("/sys")
    assert not trial.works
    assert trial.error
