"""What the table of engine kinds says of buildkitd, with an agent of an ordinary user."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.kinds.all_uses import ALL_USES
from tests.kinds.test_uses import Scene, named, scene_with, try_use
from tests.kinds.use import Use
from tests.support.ordinary_user import ordinary_user

pytestmark = pytest.mark.engine

KIND = "buildkitd"
USES = tuple(use for use in ALL_USES if use.seen[KIND].works)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    numbers = count()
    with (
        ordinary_user() as user,
        scene_with(KIND, lambda name: user.folder(f"{name}{next(numbers)}"), user) as made,
    ):
        yield made


@pytest.mark.parametrize("use", USES, ids=named)
def test_use(scene: Scene, use: Use) -> None:
    try_use(scene, use)
