"""Snippets by the schemas that GitLab and Buildkite publish, in the copies that check-jsonschema carries."""

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from dinp.model.service_spec import ServiceSpec
from dinp.pipelines.snippets import snippet_of

SCHEMAS = files("check_jsonschema.builtin_schemas.vendor")


def mistakes(schema_name: str, document: Any) -> list[str]:
    schema = json.loads((SCHEMAS / f"{schema_name}.json").read_text(encoding="utf-8"))
    return [error.message for error in validator_for(schema)(schema).iter_errors(document)]


def document(system: str, style: str) -> Any:
    return yaml.safe_load(snippet_of(system, style, ServiceSpec(), form_is_said=False).text)


@pytest.mark.parametrize(
    ("system", "style", "schema"), [("gitlab", "job", "gitlab-ci"), ("buildkite", "step", "buildkite")]
)
def test_a_snippet_is_what_the_schema_allows(system: str, style: str, schema: str) -> None:
    assert mistakes(schema, document(system, style)) == []


def test_the_schema_would_tell() -> None:
    job = document("gitlab", "job")
    job["build"]["scriptt"] = job["build"].pop("script")
    assert mistakes("gitlab-ci", job)
