"""A tenant's ids: its own, for ever, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinp.agent.id_ranges import allocate
from dinp.model.id_maps import IdExtent
from dinp.model.id_range import FIRST_TENANT_ID, IDS_PER_TENANT, LAST_TENANT_ID, IdRange
from dinp.model.problem import WorldRefusedError

MACHINE = (IdExtent(0, 0, 0xFFFF_FFFF),)
POD = (IdExtent(0, 305_070_080, 65536),)
LARGE_POD = (IdExtent(0, 305_070_080, 4 * 65536),)


def test_a_recorded_range_stays() -> None:
    known = IdRange(FIRST_TENANT_ID + 5 * IDS_PER_TENANT)
    assert allocate("a", {"a": known}, [known], MACHINE) == known


@given(
    st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=12),
    st.lists(
        st.builds(IdRange, st.integers(0, 2**31), st.integers(1, 2**28)),
        max_size=8,
    ),
    st.text(max_size=4),
)
def test_no_two_tenants_and_no_stranger_share_an_id(names: list[str], foreign: list[IdRange], instance: str) -> None:
    recorded: dict[str, IdRange] = {}
    for name in names:
        try:
            recorded[name] = allocate(name, recorded, foreign, MACHINE, instance)
        except WorldRefusedError:
            assert sum(each.count for each in foreign) > 2**29
            continue
    ranges = list(recorded.values())
    for index, ids in enumerate(ranges):
        assert ids.first >= FIRST_TENANT_ID
        assert ids.end <= LAST_TENANT_ID
        assert ids.count == IDS_PER_TENANT
        assert not any(ids.overlaps(other) for other in (*ranges[:index], *foreign))


def test_agents_that_cannot_see_each_other_begin_elsewhere() -> None:
    assert allocate("a", {}, [], MACHINE, "1f2e") != allocate("a", {}, [], MACHINE, "99aa")


def test_in_a_pod_of_65536_ids_one_tenant_fits_beside_the_agents_root() -> None:
    first = allocate("a", {}, [], POD)
    assert first == IdRange(1, 65535)
    with pytest.raises(WorldRefusedError, match="1 could be given here") as caught:
        allocate("b", {"a": first}, [], POD)
    assert caught.value.problems[0].code == "no-free-ids"


def test_lines_for_another_user_leave_the_only_range_of_a_pod_to_its_tenant() -> None:
    lines = [IdRange(1, 999), IdRange(1001, 64535)]
    assert allocate("a", {}, [], POD, promised=lines) == IdRange(1, 65535)
    with pytest.raises(WorldRefusedError):
        allocate("a", {}, lines, POD)


def test_what_is_promised_to_somebody_is_not_given_away_where_there_is_more() -> None:
    taken = IdRange(65536, 65536)
    assert allocate("a", {}, [], LARGE_POD, promised=[taken]).first == 131072


def test_in_a_pod_with_more_ids_tenants_get_whole_blocks() -> None:
    recorded: dict[str, IdRange] = {}
    for name in "abc":
        recorded[name] = allocate(name, recorded, [], LARGE_POD)
    assert sorted(ids.first for ids in recorded.values()) == [65536, 131072, 196608]


def test_a_namespace_of_single_ids_has_none_to_give() -> None:
    with pytest.raises(WorldRefusedError, match="0 could be given here"):
        allocate("a", {}, [], (IdExtent(0, 1000, 1),))
