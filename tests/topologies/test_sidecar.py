"""The sidecar's parts: who starts before whom, who sees what."""

from typing import Any

import pytest

from dinp.model.config_document import parse_agent_config
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind
from dinp.model.pod import Mount
from dinp.model.service_document import parse_service_spec
from dinp.model.service_spec import EndpointKind, EndpointSpec, Form, ServiceSpec
from dinp.topologies.all_topologies import TOPOLOGIES
from dinp.topologies.client_contract import CONTRACT, client_environment
from dinp.topologies.topology import PodParts


def parts_of(spec: ServiceSpec, *workspaces: Mount, volume: str | None = None) -> PodParts:
    return TOPOLOGIES[spec.topology].pod_parts(spec, workspaces, volume)


def agent_of(spec: ServiceSpec, *workspaces: Mount) -> Any:
    parts = parts_of(spec, *workspaces)
    return [*parts.init_containers, *parts.containers][-1]


@pytest.mark.parametrize("kind", EndpointKind)
def test_a_native_sidecar_is_one_init_container_that_stays(kind: EndpointKind) -> None:
    parts = parts_of(ServiceSpec(endpoint=EndpointSpec(kind, 2376)))
    assert [(each["name"], each["restartPolicy"]) for each in parts.init_containers] == [("dinp", "Always")]
    assert not parts.containers


def test_a_plain_container_has_no_restart_policy_of_its_own() -> None:
    parts = parts_of(ServiceSpec(form=Form.CONTAINER))
    assert not parts.init_containers
    assert [each["name"] for each in parts.containers] == ["dinp"]
    assert "restartPolicy" not in parts.containers[0]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", EndpointKind)
def test_the_hook_waits_for_the_socket_that_the_agent_opens(form: Form, kind: EndpointKind) -> None:
    agent = agent_of(ServiceSpec(form=form, endpoint=EndpointSpec(kind, 2376)))
    config = parse_agent_config(agent["env"][0]["value"], "env")
    assert agent["lifecycle"]["postStart"]["exec"]["command"][-1] == config.tenants[0].socket.path
    assert agent["command"] == ["dinp", "agent", "--config-env", agent["env"][0]["name"]]


def test_a_volume_that_the_pod_has_takes_the_place_of_the_shared_one() -> None:
    parts = parts_of(ServiceSpec(), volume="sock")
    assert [volume.name for volume in parts.volumes] == ["dinp-state"]
    assert [mount.volume for mount in parts.mounts] == ["sock"]


@pytest.mark.parametrize(
    ("kind", "name"), [(EngineKind.PODMAN, "CONTAINER_HOST"), (EngineKind.BUILDKITD, "BUILDKIT_HOST")]
)
def test_another_kind_of_engine_is_the_agents_and_its_own_client_finds_it(kind: EngineKind, name: str) -> None:
    spec = ServiceSpec(engine=EngineSpec(kind=kind))
    config = parse_agent_config(agent_of(spec)["env"][0]["value"], "env")
    assert config.engine.kind is kind
    variables = {variable.name: variable.value for variable in client_environment(spec)}
    assert variables[name] == f"unix://{config.tenants[0].socket.path}"


def test_what_kubernetes_would_expand_in_a_path_stays_as_it_is() -> None:
    agent = agent_of(ServiceSpec(), Mount("w", "/workspace/$(X)"))
    value = agent["env"][0]["value"]
    assert "$$(X)" in value
    config = parse_agent_config(value.replace("$$(", "$("), "env")
    assert [workspace.path for workspace in config.tenants[0].workspaces] == ["/workspace/$(X)"]


@pytest.mark.parametrize("kind", EndpointKind)
def test_a_client_is_led_to_the_door_and_to_nothing_else(kind: EndpointKind) -> None:
    spec = parse_service_spec("credentials: logins", "f", settings=[f"endpoint.kind={kind.value}"])
    parts = parts_of(spec)
    environment = {each.name: each.value for each in parts.environment}
    assert set(environment) <= set(CONTRACT)
    assert environment["DOCKER_HOST"].startswith("unix://" if kind is EndpointKind.UNIX else "tcp://localhost:")
    assert ("DOCKER_CERT_PATH" in environment) == (kind is EndpointKind.TLS)
    assert all(mount.read_only for mount in parts.mounts)


def test_nothing_is_privileged_in_a_rootless_pod() -> None:
    spec = ServiceSpec(engine=EngineSpec(isolation=IsolationKind.ROOTLESS), endpoint=EndpointSpec(EndpointKind.TLS))
    parts = parts_of(spec)
    assert parts.pod == {"hostUsers": False}
    for each in parts.init_containers:
        context: Any = each["securityContext"]
        assert "privileged" not in context
        assert context["runAsNonRoot"] is True


def test_clients_cannot_see_the_servers_key() -> None:
    parts = parts_of(ServiceSpec(endpoint=EndpointSpec(EndpointKind.TLS)))
    assert {(mount.volume, mount.sub_path) for mount in parts.mounts} == {("dinp-tls", "client")}
