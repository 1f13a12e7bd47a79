"""The networks that agents cut for their engines."""

from ipaddress import ip_interface

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dinp.agent.link_plans import link_plan
from dinp.agent.preflight import preflight
from dinp.model.engine_spec import EngineSpec
from dinp.model.link_plan import LinkPlan
from dinp.model.value import replace
from tests.agent.machines import ROOT

CHOICES = preflight(ROOT, EngineSpec())
SMALL = replace(CHOICES, link_network="10.0.0.0/24")

instances = some.integers(0, 0xFFFFF).map("{:05x}".format)


def networks(plan: LinkPlan) -> tuple[str, str]:
    return (
        str(ip_interface(f"{plan.host_address}/{plan.prefix}").network),
        str(ip_interface(f"{plan.host_address6}/{plan.prefix6}").network),
    )


@settings(deadline=None)
@given(instances, some.integers(0, 300), some.integers(0, 300))
def test_no_two_engines_of_an_agent_have_the_same(instance: str, one: int, other: int) -> None:
    plans = [link_plan(CHOICES, instance, index) for index in (one, other)]
    if one != other:
        assert plans[0].host_name != plans[1].host_name
        assert not set(networks(plans[0])) & set(networks(plans[1]))
    if 0 < abs(one - other) < 110:
        assert not set(range(*plans[0].port_range)) & set(range(*plans[1].port_range))


@settings(deadline=None)
@given(instances, some.integers(0, 99_999))
def test_a_plan_is_in_itself_consistent(instance: str, index: int) -> None:
    plan = link_plan(CHOICES, instance, index % 16384)
    assert len(plan.host_name) <= 15
    assert ip_interface(f"{plan.engine_address}/{plan.prefix}").network == ip_interface(networks(plan)[0]).network
    assert ip_interface(f"{plan.engine_address6}/{plan.prefix6}").network == ip_interface(networks(plan)[1]).network
    assert 32768 <= plan.port_range[0] < plan.port_range[1] <= 60999


@settings(deadline=None)
@given(instances, some.lists(some.integers(0, 63), max_size=60, unique=True))
def test_what_other_agents_have_is_passed_over(instance: str, blocks: list[int]) -> None:
    taken = [f"10.0.0.{4 * block + 1}" for block in blocks]
    free = 64 - len(blocks)
    found = {link_plan(SMALL, instance, index, taken).host_address for index in range(free)}
    assert len(found) == free
    assert not found & set(taken)
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/24 has no network left"):
        link_plan(SMALL, instance, free, taken)
