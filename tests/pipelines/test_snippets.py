"""Whatever is asked for: a snippet leads to the pod that it promises, or is refused with a reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind
from dinp.model.problem import BadInputError
from dinp.model.service_spec import (
    Amounts,
    EndpointKind,
    EndpointSpec,
    Form,
    Images,
    ServiceSpec,
    StorageKind,
    StorageSpec,
)
from dinp.model.value import replace
from dinp.pipelines.all_pipelines import PIPELINES
from dinp.pipelines.example_step import example_step
from dinp.pipelines.snippets import pod_behind, snippet_of
from dinp.topologies.client_contract import SOCKET
from tests.pipelines.expansion import pod_spec_from

SYSTEMS = tuple(PIPELINES)
IMAGES = st.sampled_from(("a:1", "registry.example/team/a:1.2", Images().client))
AMOUNTS = st.builds(Amounts, st.none() | st.just(0.5), st.none() | st.just(2**31), st.none() | st.just(2**33))
SPECS = st.builds(
    ServiceSpec,
    form=st.sampled_from(Form),
    images=st.builds(Images, agent=IMAGES, client=IMAGES),
    endpoint=st.builds(EndpointSpec, st.sampled_from(EndpointKind), st.sampled_from((2375, 2376))),
    engine=st.builds(EngineSpec, isolation=st.sampled_from((None, *IsolationKind))),
    requests=AMOUNTS,
    limits=AMOUNTS,
    storage=st.sampled_from(
        (
            StorageSpec(),
            StorageSpec(StorageKind.EPHEMERAL, storage_class="fast"),
            StorageSpec(StorageKind.CLAIM, claim="cache"),
            StorageSpec(StorageKind.HOST_PATH, path="/var/lib/ci it's $HOME"),
        )
    ),
)


@pytest.mark.parametrize("system", SYSTEMS)
@settings(deadline=None, max_examples=20)
@given(spec=SPECS, form_is_said=st.booleans())
def test_a_snippet_leads_to_its_pod(system: str, spec: ServiceSpec, form_is_said: bool) -> None:
    try:
        text = snippet_of(system, None, spec, form_is_said=form_is_said).text
    except BadInputError:
        # Which ones, and in what words: the tests below and the golden cases.
        return
    pod = pod_behind(system, spec, form_is_said=form_is_said)
    expected = {key: value for key, value in pod["spec"].items() if key != "restartPolicy"}
    assert pod_spec_from(system, text) == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_defaults_are_never_refused_and_take_a_form_that_works(system: str) -> None:
    pod = pod_behind(system, ServiceSpec(), form_is_said=False)
    native = [each["name"] for each in pod["spec"].get("initContainers", []) if each.get("restartPolicy") == "Always"]
    plain = [each["name"] for each in pod["spec"]["containers"]]
    assert ("dinp" in native) is (PIPELINES[system].FORMS[0] is Form.NATIVE)
    assert ("dinp" in plain) is (PIPELINES[system].FORMS[0] is Form.CONTAINER)
    assert plain[-1] == PIPELINES[system].client(ServiceSpec()).name


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_client_is_led_to_the_socket_and_the_engine_sees_its_workspace(system: str) -> None:
    pod = pod_behind(system, ServiceSpec(), form_is_said=False)
    *_, client = pod["spec"]["containers"]
    everyone = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    (agent,) = (each for each in everyone if each["name"] == "dinp")
    assert {"name": "DOCKER_HOST", "value": str(UnixEndpoint(SOCKET))} in client["env"]
    own = PIPELINES[system].client(ServiceSpec())
    for mount in (own.workspace, *own.mounts):
        assert mount.data() in agent["volumeMounts"]
        assert f"path: {mount.path}" in agent["env"][0]["value"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("form", Form)
def test_a_form_that_was_asked_for_is_kept_or_refused_with_its_reason(system: str, form: Form) -> None:
    pipeline = PIPELINES[system]
    spec = replace(ServiceSpec(), form=form)
    if form in pipeline.FORMS:
        assert snippet_of(system, None, spec, form_is_said=True).text
        return
    with pytest.raises(BadInputError) as refusal:
        snippet_of(system, None, spec, form_is_said=True)
    (problem,) = refusal.value.problems
    assert problem.code == "pipeline-form"
    assert pipeline.WITHOUT[form] in problem.sentence


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_unknown_style_is_refused_with_those_that_there_are(system: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        snippet_of(system, "unheard-of", ServiceSpec(), form_is_said=False)
    (problem,) = refusal.value.problems
    assert all(style.name in problem.remedy for style in PIPELINES[system].STYLES)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_table_of_forms_is_complete(system: str) -> None:
    pipeline = PIPELINES[system]
    assert {*pipeline.FORMS, *pipeline.WITHOUT} == set(Form)
    assert not {*pipeline.FORMS} & {*pipeline.WITHOUT}


def test_a_client_image_of_the_spec_is_taken() -> None:
    spec = replace(ServiceSpec(), images=Images(client="golang:1.26"))
    for system in SYSTEMS:
        assert "golang:1.26" in snippet_of(system, None, spec, form_is_said=False).text


STYLES = [(system, style.name) for system, pipeline in PIPELINES.items() for style in pipeline.STYLES]
BUILDKIT = replace(ServiceSpec(), engine=EngineSpec(kind=EngineKind.BUILDKITD))


@pytest.mark.parametrize(("system", "style"), STYLES)
def test_a_snippet_for_buildkitd_promises_no_docker(system: str, style: str) -> None:
    snippet = snippet_of(system, style, BUILDKIT, form_is_said=False)
    for promise in ("docker build ", "docker command", "DOCKER_HOST", "Docker answers"):
        assert promise not in snippet.text
    assert any("runs no containers" in note for note in snippet.notes)


@pytest.mark.parametrize(
    ("system", "style"), [each for each in STYLES if each not in {("arc", "values"), ("gitlab", "runner")}]
)
def test_a_step_leads_buildx_to_its_buildkitd(system: str, style: str) -> None:
    text = snippet_of(system, style, BUILDKIT, form_is_said=False).text
    for command in example_step(BUILDKIT).commands:
        assert command.replace("$", "$$" if system == "buildkite" else "$") in text


@pytest.mark.parametrize("kind", [EngineKind.PODMAN, EngineKind.BUILDKITD])
def test_the_usual_image_of_the_agent_is_noted_where_its_engine_is_another(kind: EngineKind) -> None:
    spec = replace(ServiceSpec(), engine=EngineSpec(kind=kind))
    notes = snippet_of("argo", None, spec, form_is_said=False).notes
    assert any(f"--engine {kind.value}" in note for note in notes)
    own = replace(spec, images=Images(agent="registry.example/agent:1"))
    assert not any("--engine" in note for note in snippet_of("argo", None, own, form_is_said=False).notes)
