"""The machine's checks run once, in one boot; each test looks at what was seen."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.base_disk import base_disk
from tests.machine.boot import Said, run_machine
from tests.machine.payload_disk import payload_disk
from tests.support.engines import folder
from tools.provision.cache import Cache


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("machine")


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Said]]:
    """What each check said, by its name."""
    image = tmp_path_factory.mktemp("machine") / "payload.img"
    plugins = Path(os.environ["DINP_CLI_PLUGINS"])
    payload_disk(
        image,
        engine=folder("20.10"),
        builder=folder("buildkitd"),
        client=plugins.with_name("bin"),
        tools=Path(os.environ["DINP_TOOLS"]),
        images=Path(os.environ["DINP_IMAGES"]),
    )
    yield {each.check: each for each in run_machine(base_disk(Cache.of(os.environ)), image)}
    image.unlink()
