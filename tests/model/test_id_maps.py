from pathlib import Path

from dinp.model.id_maps import (
    IdExtent,
    is_first_namespace,
    mapped_ranges,
    parse_id_map,
    parse_sub_ids,
    sub_id_count,
)
from dinp.model.id_range import IdRange

NODE = Path(__file__).parents[1] / "captures" / "node"


def extents(name: str) -> tuple[IdExtent, ...]:
    return parse_id_map((NODE / name).read_text(encoding="utf-8"))


def test_the_first_namespace_takes_no_ids_from_anybody() -> None:
    assert is_first_namespace(extents("uid_map-machine.txt"))
    assert mapped_ranges(extents("uid_map-machine.txt")) == ()


def test_a_namespace_of_one_id_takes_none_either() -> None:
    assert mapped_ranges(extents("uid_map-single.txt")) == ()


def test_a_pod_with_a_user_namespace_takes_its_range() -> None:
    assert mapped_ranges(extents("uid_map-pod-host-users-false.txt")) == (IdRange(305070080, 65536),)


def test_a_namespace_without_a_map() -> None:
    assert parse_id_map("") == ()
    assert not is_first_namespace(())


def test_sub_ids_by_name_and_by_number() -> None:
    entries = parse_sub_ids((NODE / "subuid-two-users.txt").read_text(encoding="utf-8"))
    assert [(entry.owner, entry.ids.first) for entry in entries] == [
        ("ci", 100000),
        ("1001", 165536),
        ("dockremap", 231072),
    ]
    assert sub_id_count(entries, "ci", 1000) == 65536
    assert sub_id_count(entries, "somebody", 1001) == 65536
    assert sub_id_count(entries, "nobody", 1002) == 0
