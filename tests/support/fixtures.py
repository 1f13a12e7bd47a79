"""Fixtures of every test on real engines; their conftest files import them."""

from collections.abc import Iterator

import pytest

from tests.support.engines import VERSIONS
from tests.support.machine import look


@pytest.fixture(scope="module", params=VERSIONS)
def engine_version(request: pytest.FixtureRequest) -> str:
    """Which dockerd."""
    return str(request.param)


def _compared() -> Iterator[None]:
    before = look()
    yield
    changes = before.changes_to(look())
    if changes:
        raise AssertionError("\n".join(changes))


@pytest.fixture(scope="module", autouse=True)
def machine_unchanged() -> Iterator[None]:
    """Nothing of dinp is left on the machine when a module is done with an engine version."""
    yield from _compared()


@pytest.fixture
def machine_unchanged_by_each() -> Iterator[None]:
    """The same after each single test, for tests that share no agent."""
    yield from _compared()
