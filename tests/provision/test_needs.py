"""The table of what is needed is complete, and keeps its promises."""

import pytest

from tools.provision.distributions import DEBIAN, FAMILIES, family_of, how_to_install, package_of
from tools.provision.needs import INCLUDES, PURPOSES, RUN, needs_for

# Their maintainer scripts start a service, or register with the kernel (binfmt_misc).
TOUCH_THE_MACHINE = {"docker.io", "containerd", "docker-registry", "etcd-server", "qemu-user-static"}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_program_has_a_package_in_every_family(purpose: str) -> None:
    needs = needs_for(purpose)
    for program in needs.programs:
        for family in FAMILIES:
            assert package_of(program.name, family)
    for one in needs.unpacked:
        for name in one.programs:
            assert package_of(name, DEBIAN) == one.package


@pytest.mark.parametrize("purpose", PURPOSES)
def test_nothing_that_touches_the_machine_is_installed(purpose: str) -> None:
    needs = needs_for(purpose)
    installed = {package_of(program.name, DEBIAN) for program in needs.programs}
    assert not installed & TOUCH_THE_MACHINE
    assert not installed & {one.package for one in needs.unpacked}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_everything_says_why_and_is_there_once(purpose: str) -> None:
    needs = needs_for(purpose)
    assert all(one.why for one in (*needs.programs, *needs.unpacked))
    assert all(program.reason and program.version.startswith("v") for program in needs.compiled)
    for names in (
        [one.name for one in needs.programs],
        [one.package for one in needs.unpacked],
        [one.name for one in needs.compiled],
    ):
        assert len(names) == len(set(names))


def test_the_quickest_look_needs_no_compiler() -> None:
    assert RUN.compiled == ()
    assert "gcc" not in {one.name for one in RUN.programs}


def test_test_includes_run_and_cluster_includes_both() -> None:
    assert INCLUDES["cluster"] == ("run", "test", "cluster")
    assert set(needs_for("run").unpacked) < set(needs_for("test").unpacked) < set(needs_for("cluster").unpacked)


def test_a_distribution_counts_for_itself_before_what_it_is_like() -> None:
    assert family_of({"ID": "debian", "ID_LIKE": "arch"}) is DEBIAN
    assert family_of({"ID": "pop", "ID_LIKE": "ubuntu debian"}) is DEBIAN
    assert family_of({}) is None


def test_programs_of_one_package_are_asked_for_once() -> None:
    assert how_to_install(["newuidmap", "newgidmap"], DEBIAN).endswith("--no-install-recommends uidmap")
