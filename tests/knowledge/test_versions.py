import pytest

from dinp.knowledge.versions import IDMAPPED_MOUNTS, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [("20.10.24+dfsg1", (20, 10)), ("29.7.2", (29, 7)), ("28.0.0-rc.1", (28, 0)), ("library-import", None), ("", None)],
)
def test_versions_of_engines(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


def test_a_version_is_said_as_people_write_it() -> None:
    assert str(IDMAPPED_MOUNTS) == "5.12"
