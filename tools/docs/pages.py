"""The table of generated pages."""

from collections.abc import Callable
from pathlib import Path

from tools.docs.configuration_page import configuration_page
from tools.docs.failures_page import failures_page
from tools.docs.service_page import service_page
from tools.docs.service_schema import service_schema

ROOT = Path(__file__).parents[2]

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/configuration.md": configuration_page,
    "docs/reference/failures.md": failures_page,
    "docs/reference/service.md": service_page,
    "schemas/service.schema.json": service_schema,
}
"""File, from the root of the checkout, and what makes its text."""
