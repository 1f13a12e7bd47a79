"""Benchmarks are run for real, once each; what they leave behind is a failure."""

from tests.support.fixtures import machine_unchanged_by_each

__all__ = ["machine_unchanged_by_each"]
