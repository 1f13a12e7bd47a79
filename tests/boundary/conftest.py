"""Tests that start real engines: all of them are marked `engine`."""

from pathlib import Path

import pytest

from tests.support.fixtures import engine_version, machine_unchanged, machine_unchanged_by_each

__all__ = ["engine_version", "machine_unchanged", "machine_unchanged_by_each"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("engine")
