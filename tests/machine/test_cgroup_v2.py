"""Engines on a machine with systemd and cgroup v2 alone, which has every capability: limits, delegation, privilege."""

from typing import Any

import pytest

from tests.machine.boot import Said

ROOTS = ("userns_delegated", "userns_plain_service", "rootful")
ALL = (*ROOTS, "rootless")
BUILDER = "rootless_buildkitd"


def seen(said: dict[str, Said], check: str) -> dict[str, Any]:
    """What a check saw; it must have been able to look, and its job must have ended well."""
    assert check in said, f"the machine ended before {check}; it said {list(said)}"
    assert not said[check].error, said[check].error
    assert said[check].seen.get("code", 0) == 0, said[check].seen
    return said[check].seen


def test_the_machine_is_what_this_one_is_not(said: dict[str, Said]) -> None:
    about = seen(said, "machine")
    assert about["file_systems"] == ["cgroup2"]
    assert about["may_raise_limits"]


@pytest.mark.parametrize("check", [*ALL, "userns_killed", BUILDER])
def test_nothing_is_left(said: dict[str, Said], check: str) -> None:
    assert seen(said, check)["left"] == []


@pytest.mark.parametrize("check", [*ALL, BUILDER])
def test_limits_are_set_on_the_engines_group(said: dict[str, Said], check: str) -> None:
    limits = {"memory.max": str(256 << 20), "memory.swap.max": "0", "pids.max": "130", "cpu.max": "150000 100000"}
    assert seen(said, check)["limits"] == limits


@pytest.mark.parametrize("check", ["userns_delegated", "rootless"])
def test_a_container_that_takes_more_memory_than_the_engine_has_is_killed(said: dict[str, Said], check: str) -> None:
    assert seen(said, check)["greedy-exit"] == 137


@pytest.mark.parametrize(("check", "limit"), [("userns_delegated", 192), ("rootless", 256)])
def test_who_has_reached_a_limit_of_memory_is_told(said: dict[str, Said], check: str, limit: int) -> None:
    """A rootless dockerd has no group for all of its containers, which could have a limit below the engine's."""
    told = [line for line in seen(said, check)["told"] if "(dinp explain out-of-memory)" in line]
    assert told
    for line in told:
        assert f"The memory limit of {limit} MiB of tenant local was reached" in line
        assert " in container " in line


def test_a_build_step_of_an_ordinary_user_that_takes_more_memory_than_the_engine_has_is_killed(
    said: dict[str, Said],
) -> None:
    about = seen(said, BUILDER)
    assert about["greedy-exit"] == 137, about
    assert about["answers"] is True
    told = [line for line in about["told"] if "(dinp explain out-of-memory)" in line]
    assert "The memory limit of 256 MiB of tenant local was reached" in told[0]
    assert "in a step of a build" in told[0]


@pytest.mark.parametrize("check", ["userns_delegated", "rootless"])
def test_an_engine_has_no_more_processes_than_it_may(said: dict[str, Said], check: str) -> None:
    assert "can't fork" in seen(said, check)["last-words"]


@pytest.mark.parametrize("check", ROOTS)
def test_a_containers_own_limit_is_set_inside_of_the_engines(said: dict[str, Said], check: str) -> None:
    """The container is privileged: with every capability at hand rootful engines of this version start such, too."""
    assert seen(said, check)["containers-memory"] == [str(32 << 20)]


@pytest.mark.parametrize("check", ALL)
def test_no_group_has_both_processes_and_controllers_for_others(said: dict[str, Said], check: str) -> None:
    about = seen(said, check)
    assert about["groups-with-both"] == []
    assert "init" in about["populated"]  # the engine
    assert len(about["populated"]) == 2  # and the container


@pytest.mark.parametrize("check", ["userns_delegated", "rootful"])
def test_with_delegation_the_engine_counts_to_the_service_and_the_agent_lives_beside_it(
    said: dict[str, Said], check: str
) -> None:
    about = seen(said, check)
    service, _, leaf = about["agent-group"].lstrip("/").rpartition("/")
    assert leaf == "dinp-agent"
    assert about["engine-group"].startswith(f"{service}/dinp-")


def test_without_delegation_systemds_groups_are_left_alone(said: dict[str, Said]) -> None:
    about = seen(said, "userns_plain_service")
    assert about["engine-group"].startswith("dinp-")
    assert about["agent-group"].endswith(".service")


def test_an_ordinary_users_engine_lies_in_what_the_users_systemd_was_given(said: dict[str, Said]) -> None:
    assert seen(said, "rootless")["engine-group"].startswith("user.slice/user-1000.slice/user@1000.service/dinp-")


@pytest.mark.parametrize("check", ["userns_delegated", "userns_plain_service"])
def test_a_tenant_owns_its_group_but_not_its_limits(said: dict[str, Said], check: str) -> None:
    about = seen(said, check)
    assert about["owner"] > 65535
    assert about["limit-owner"] == 0


def test_an_engine_that_was_killed_comes_back_in_groups_made_anew(said: dict[str, Said]) -> None:
    about = seen(said, "userns_killed")
    assert [about[f"answer-{number}"] for number in (1, 2, 3)] == ["linux"] * 3
