"""Options of the whole test suite."""

import pytest
from hypothesis import settings

# A deadline for single examples measures how busy the machine is, not the code.
settings.register_profile("dinp", deadline=None)
settings.load_profile("dinp")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew instead of comparing with them")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("--update"))
