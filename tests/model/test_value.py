"""A Value behaves as the frozen dataclass that it is written like."""

import copy
import pickle

import pytest

from dinp.model.engine_spec import EngineSpec, Limits
from dinp.model.launch_plan import Directory, Link
from dinp.model.value import Value, as_data, replace


class Point(Value):
    x: int
    y: int = 0


class Named(Point):
    name: str = ""


class Other(Value):
    x: int
    y: int = 0


class Nothing(Value):
    pass


class NothingElse(Value):
    pass


def test_fields_are_given_by_position_by_name_or_by_default() -> None:
    assert [Point(1, 2), Point(y=2, x=1), Point(x=1)] == [Point(1, y=2), Point(1, 2), Point(1, 0)]
    assert Named(1, 2, "a") == Named(name="a", y=2, x=1)


@pytest.mark.parametrize(
    ("values", "named", "wrong"),
    [
        ((), {}, "Point takes x"),
        ((1, 2, 3), {}, "not 3 values"),
        ((1,), {"x": 1}, "each once: not x"),
        ((1,), {"z": 1}, "each once: not z"),
    ],
)
def test_what_is_no_field_is_refused(values: tuple[int, ...], named: dict[str, int], wrong: str) -> None:
    with pytest.raises(TypeError, match=wrong):
        Point(*values, **named)


def test_equal_are_those_of_one_type_with_equal_fields() -> None:
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Other(1, 2)
    assert Point(1, 2) != Named(1, 2)
    assert Point(1, 2) != (1, 2)
    assert Nothing() == Nothing()
    assert Nothing() != NothingElse()
    assert len({Point(1), Point(1, 0), Point(x=1), Other(1)}) == 2


def test_nothing_changes_a_value() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="x cannot be set"):
        point.x = 2
    with pytest.raises(AttributeError, match="x cannot be deleted"):
        del point.x
    with pytest.raises(AttributeError, match="z cannot be set"):
        point.z = 2
    assert point == Point(1)


def test_a_replaced_value_is_another_one() -> None:
    spec = EngineSpec(limits=Limits(pids=100))
    changed = replace(spec, limits=replace(spec.limits, pids=200))
    assert (spec.limits.pids, changed.limits.pids) == (100, 200)
    with pytest.raises(TypeError, match="not z"):
        replace(Point(1), z=2)


def test_it_matches_by_position() -> None:
    match Link("/a", "/b"):
        case Directory():
            pytest.fail("a link is no directory")
        case Link(target, to):
            assert (target, to) == ("/a", "/b")


def test_copies_are_equal() -> None:
    spec = EngineSpec(limits=Limits(pids=100))
    assert copy.deepcopy(spec) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert repr(Named(1, 2, "a")) == "Named(x=1, y=2, name='a')"
    assert as_data(replace(spec, address_pools=("10.0.0.0/8",)))["limits"]["pids"] == 100
