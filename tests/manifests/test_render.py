"""Rendered examples: golden cases, and what must hold for every spec."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.manifests.sidecar_example import Workload, sidecar_example
from dinp.manifests.yaml_text import yaml_text
from dinp.model.config_document import parse_agent_config
from dinp.model.engine_spec import EngineSpec, IsolationKind, Limits
from dinp.model.problem import BadInputError
from dinp.model.service_document import parse_service_spec
from dinp.model.service_spec import (
    Amounts,
    EndpointKind,
    EndpointSpec,
    Form,
    ServiceSpec,
    StorageKind,
    StorageSpec,
)
from dinp.model.value import replace
from dinp.topologies.sidecar_limits import engine_limits

CASES = Path(__file__).parents[1] / "golden" / "render"

SPECS = st.builds(
    ServiceSpec,
    form=st.sampled_from(Form),
    endpoint=st.builds(EndpointSpec, st.sampled_from(EndpointKind), st.integers(1, 65535)),
    engine=st.builds(
        EngineSpec,
        isolation=st.sampled_from([None, *IsolationKind]),
        idle_stop_after=st.one_of(st.none(), st.integers(0, 10**6).map(lambda tenths: tenths / 10)),
        limits=st.builds(Limits, memory=st.one_of(st.none(), st.integers(64 * 2**20, 2**50))),
    ),
    requests=st.builds(Amounts, cpu=st.one_of(st.none(), st.floats(0.01, 1000))),
    storage=st.builds(StorageSpec, st.sampled_from(StorageKind), st.integers(1, 2**50), st.just("claim")),
)


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_golden(case: str, update: bool) -> None:
    spec = parse_service_spec((CASES / case / "service.yaml").read_text(encoding="utf-8"), "service.yaml")
    workload = Workload.JOB if case.startswith("job") else Workload.POD
    seen = yaml_text(sidecar_example(spec, workload))
    expected = CASES / case / "expected.yaml"
    if update:
        expected.write_text(seen, encoding="utf-8")
    assert seen == expected.read_text(encoding="utf-8")


def containers(example: dict[str, Any]) -> dict[str, dict[str, Any]]:
    spec = example["spec"]
    return {each["name"]: each for each in (*spec.get("initContainers", ()), *spec["containers"])}


@settings(deadline=None, max_examples=40)
@given(SPECS)
def test_an_example_is_whole(spec: ServiceSpec) -> None:
    text = yaml_text(sidecar_example(spec, Workload.POD))
    assert text == yaml_text(sidecar_example(spec, Workload.POD))
    example = yaml.safe_load(text)
    the_agent_reads_its_configuration(example, spec)
    every_volume_is_there_once_and_mounted(example)


def the_agent_reads_its_configuration(example: dict[str, Any], spec: ServiceSpec) -> None:
    text = containers(example)["dinp"]["env"][0]["value"].replace("$$(", "$(")
    config = parse_agent_config(text, "the variable")
    assert config.engine == replace(spec.engine, limits=engine_limits(spec))
    assert [workspace.path for workspace in config.tenants[0].workspaces] == ["/workspace"]


def every_volume_is_there_once_and_mounted(example: dict[str, Any]) -> None:
    volumes = [volume["name"] for volume in example["spec"]["volumes"]]
    mounts = [mount for container in containers(example).values() for mount in container.get("volumeMounts", ())]
    assert sorted(volumes) == sorted({mount["name"] for mount in mounts})
    for container in containers(example).values():
        paths = [mount["mountPath"] for mount in container.get("volumeMounts", ())]
        assert len(paths) == len(set(paths))


def test_a_job_that_would_never_end_is_refused() -> None:
    with pytest.raises(BadInputError, match="never ends"):
        sidecar_example(ServiceSpec(form=Form.CONTAINER), Workload.JOB)
