"""What setup says on machines of every kind: facts go in as values, a plan or a sentence comes out."""

import pytest

from tools.provision.decide import Plan, plan, wanted_programs
from tools.provision.machine import Machine
from tools.provision.needs import RUN, TEST, Needs
from tools.provision.refusal import RefusalError

ALL = frozenset(wanted_programs(RUN) + wanted_programs(TEST))
DEBIAN = {"ID": "debian", "VERSION_ID": "12"}
FEDORA = {"ID": "fedora"}
ROCKY = {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}
TUMBLEWEED = {"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse"}


def machine(
    *,
    system: str = "Linux",
    os_release: dict[str, str] = DEBIAN,
    python: tuple[int, int] = (3, 11),
    has_venv: bool = True,
    is_root: bool = True,
    has_apt: bool = True,
    without: tuple[str, ...] = (),
) -> Machine:
    return Machine(system, "x86_64", os_release, python, has_venv, is_root, has_apt, ALL - frozenset(without))


def refusal(one: Machine, needs: Needs = RUN) -> str:
    with pytest.raises(RefusalError) as refused:
        plan(one, needs)
    return str(refused.value)


def test_root_on_debian_gets_what_is_missing_installed_and_services_only_unpacked() -> None:
    planned = plan(machine(without=("nft", "newuidmap", "newgidmap", "dockerd")), RUN)
    assert planned == Plan(install=("nftables", "uidmap"), unpack=RUN.unpacked, from_path=False)


def test_an_ordinary_user_on_debian_with_all_programs_goes_on_without_root() -> None:
    assert plan(machine(is_root=False), RUN) == Plan(install=(), unpack=RUN.unpacked, from_path=False)


def test_an_ordinary_user_is_told_what_root_has_to_install_and_what_for() -> None:
    said = refusal(machine(is_root=False, without=("pasta", "nft")))
    assert "nft (the routes and published ports" in said
    assert "apt-get install --no-install-recommends nftables passt" in said


def test_ubuntu_is_like_debian() -> None:
    ubuntu = {"ID": "ubuntu", "ID_LIKE": "debian"}
    assert plan(machine(os_release=ubuntu, without=("xz",)), RUN).install == ("xz-utils",)


def test_a_mac_is_told_how_to_get_a_linux() -> None:
    said = refusal(machine(system="Darwin", has_apt=False))
    for way in ("Linux", "limactl start", "colima start", "multipass launch", "UTM"):
        assert way in said


def test_windows_is_told_of_wsl() -> None:
    assert "WSL 2" in refusal(machine(system="Windows", has_apt=False))


def test_an_old_python_is_named() -> None:
    said = refusal(machine(python=(3, 9)))
    assert "Python 3.9 is too old" in said
    assert "make PYTHON=" in said


def test_debian_keeps_venv_in_a_package_of_its_own() -> None:
    assert plan(machine(has_venv=False), RUN).install == ("python3.11-venv",)
    assert "apt-get install --no-install-recommends python3.11-venv" in refusal(machine(has_venv=False, is_root=False))
    assert "ensurepip" in refusal(machine(has_venv=False, has_apt=False, os_release=FEDORA))


@pytest.mark.parametrize(
    ("os_release", "command"),
    [
        (FEDORA, "dnf install containerd moby-engine nftables shadow-utils"),
        (ROCKY, "dnf install containerd moby-engine nftables shadow-utils"),
        ({"ID": "arch"}, "pacman -S containerd docker nftables shadow"),
        ({"ID": "manjaro", "ID_LIKE": "arch"}, "pacman -S containerd docker nftables shadow"),
        (TUMBLEWEED, "zypper install containerd docker nftables shadow"),
        ({"ID": "alpine"}, "apk add containerd docker-engine nftables shadow-uidmap"),
    ],
)
def test_without_apt_the_packages_are_named_as_the_distribution_names_them(
    os_release: dict[str, str], command: str
) -> None:
    lacking = machine(os_release=os_release, has_apt=False, without=("nft", "newuidmap", "dockerd", "containerd"))
    said = refusal(lacking)
    assert "Missing: nft, newuidmap, dockerd, containerd." in said
    assert command in said


def test_an_unknown_distribution_is_shown_all_names() -> None:
    said = refusal(machine(os_release={"ID": "plan9"}, has_apt=False, without=("nft",)))
    for command in ("apt-get install", "dnf install", "pacman -S", "zypper install", "apk add"):
        assert command in said


def test_without_apt_but_with_all_programs_those_on_path_are_used() -> None:
    assert plan(machine(os_release=FEDORA, has_apt=False), RUN) == Plan(install=(), unpack=(), from_path=True)


def test_apt_on_something_else_than_debian_is_not_used() -> None:
    assert plan(machine(os_release=FEDORA, has_apt=True), RUN).from_path
