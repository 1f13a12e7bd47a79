"""Whose processes are in which group below an engine's own."""

import pytest

from dinp.edges.memory_watch import whose

ID = "0123456789ab" + 52 * "c"


@pytest.mark.parametrize(
    ("place", "container", "build"),
    [
        (".", "", False),
        ("init", "", False),
        ("docker", "", False),
        (f"docker/{ID}", "0123456789ab", False),
        (f"docker/{ID}/deeper", "0123456789ab", False),
        ("docker/buildkit/x0y1z2", "", True),
        (ID, "0123456789ab", False),
        ("x0y1z2x0y1z2x0y1z2x0y1z2x", "", True),
        (f"libpod_parent/libpod-{ID}", "0123456789ab", False),
    ],
)
def test_whose(place: str, container: str, build: bool) -> None:
    assert whose(place) == (container, build)
