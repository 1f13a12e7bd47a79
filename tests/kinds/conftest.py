"""Tests that start real engines of each kind: all but the page's are marked `engine`."""

from tests.support.fixtures import machine_unchanged

__all__ = ["machine_unchanged"]
