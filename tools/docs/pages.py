"""The table of generated pages."""

from collections.abc import Callable
from pathlib import Path

from tools.docs.configuration_page import configuration_page
from tools.docs.failures_page import failures_page

ROOT = Path(__file__).parents[2]

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/configuration.md": configuration_page,
    "docs/reference/failures.md": failures_page,
}
"""File, from the root of the checkout, and what makes its text."""
