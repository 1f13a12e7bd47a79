"""What eject takes away, what it leaves, and what it says of it."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from dinp.injector.documents import eject, inject
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.service_spec import EndpointKind, EndpointSpec, Form, ServiceSpec, StorageKind, StorageSpec

POD = """kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: a
    image: docker:cli
"""
EPHEMERAL = ServiceSpec(
    credentials="logins",
    engine=EngineSpec(isolation=IsolationKind.ROOTLESS),
    storage=StorageSpec(StorageKind.EPHEMERAL),
)


def changed(spec: ServiceSpec, change: Any) -> tuple[dict[str, Any], list[str]]:
    """The pod, injected, changed by somebody and ejected; and what is said of it, without places."""
    pod = yaml.safe_load(inject(POD, "p.yaml", spec).text)
    change(pod["spec"], pod["metadata"]["annotations"])
    outcome = eject(yaml.safe_dump(pod, sort_keys=False), "p.yaml")
    first, *said = outcome.report
    assert first == "Pod p: ejected"
    return yaml.safe_load(outcome.text), [line.split(": ", 1)[1] for line in said]


def test_what_people_wrote_since_stays_and_is_told_with_its_place() -> None:
    injected = inject(POD, "p.yaml", EPHEMERAL).text
    later = injected.replace(
        "    - name: DINP_HOST\n", "    - {name: CONTAINER_HOST, value: x}\n    - name: DINP_HOST\n"
    )
    later = later.replace("    image: docker:cli\n", "    image: docker:cli\n    tty: true\n")
    later = later.replace("  securityContext:\n    fsGroup", "  securityContext:\n    runAsNonRoot: true\n    fsGroup")
    later += "# the end\n"
    assert later.count("\n") == injected.count("\n") + 4
    outcome = eject(later, "p.yaml")
    assert outcome.text == (
        f"{POD}    tty: true\n    env:\n    - {{name: CONTAINER_HOST, value: x}}\n"
        "  securityContext:\n    runAsNonRoot: true\n# the end\n"
    )
    variable, field = (
        later[: later.index(each)].count("\n") + 1 for each in ("{name: CONTAINER_HOST", "runAsNonRoot: true\n    fsG")
    )
    assert outcome.report == (
        "Pod p: ejected",
        f"  p.yaml:{variable}:7: a has CONTAINER_HOST, and inject did not write that: it was kept.",
        f"  p.yaml:{field}:5: securityContext was changed after the injection: runAsNonRoot was kept.",
    )


def test_a_container_that_was_added_keeps_what_it_has() -> None:
    later = {"name": "b", "env": [{"name": "DOCKER_HOST", "value": "tcp://remote:2376"}]}
    pod, said = changed(ServiceSpec(), lambda spec, _: spec["containers"].append(later))
    assert pod["spec"]["containers"] == [{"name": "a", "image": "docker:cli"}, later]
    assert said == ["b has DOCKER_HOST, and inject did not write that: it was kept."]


def test_a_copy_of_a_client_keeps_its_volume() -> None:
    pod, said = changed(
        ServiceSpec(), lambda spec, _: spec["containers"].append({**deepcopy(spec["containers"][0]), "name": "b"})
    )
    assert [each["name"] for each in pod["spec"]["volumes"]] == ["dinp-socket"]
    assert [each["name"] for each in pod["spec"]["containers"][1]["volumeMounts"]] == ["dinp-socket"]
    assert (
        "b has DOCKER_HOST, which leads to the engine that is gone, and inject did not write that: it was kept." in said
    )
    assert "b mounts dinp-socket, and inject did not write that: both were kept." in said


@pytest.mark.parametrize(
    ("change", "left", "sentence"),
    [
        (
            lambda spec, _: spec["containers"][0]["env"][0].update(value="tcp://x:1"),
            lambda spec: spec["containers"][0]["env"] == [{"name": "DOCKER_HOST", "value": "tcp://x:1"}],
            "a has DOCKER_HOST, and inject did not write that: it was kept.",
        ),
        (
            lambda spec, _: spec["containers"][0]["volumeMounts"][0].update(mountPath="/elsewhere"),
            lambda spec: spec["containers"][0]["volumeMounts"][0]["mountPath"] == "/elsewhere" and spec["volumes"],
            "a mounts dinp-socket, and inject did not write that: both were kept.",
        ),
        (
            lambda spec, _: spec.update(hostUsers=True),
            lambda spec: spec["hostUsers"] is True,
            "hostUsers was changed after the injection: true was kept.",
        ),
        (
            lambda spec, _: spec["securityContext"].update(fsGroup=5),
            lambda spec: spec["securityContext"] == {"fsGroup": 5},
            "securityContext was changed after the injection: fsGroup was kept.",
        ),
        (
            lambda spec, _: spec["initContainers"][0].update(resources={"limits": {"cpu": "1"}}),
            lambda spec: "initContainers" not in spec,
            "the container dinp was changed after the injection, and is gone with its changes: it was dinp's.",
        ),
        (
            lambda spec, _: spec["volumes"][0].update(emptyDir={"medium": "Memory"}),
            lambda spec: "volumes" not in spec,
            "the volume dinp-socket was changed after the injection, and is gone with its changes: it was dinp's.",
        ),
    ],
)
def test_what_was_changed(change: Any, left: Any, sentence: str) -> None:
    pod, said = changed(EPHEMERAL, change)
    assert left(pod["spec"])
    assert sentence in said


def test_another_default_container_stays() -> None:
    name = "kubectl.kubernetes.io/default-container"
    pod, said = changed(ServiceSpec(form=Form.CONTAINER), lambda _, annotations: annotations.update({name: "b"}))
    assert pod["metadata"]["annotations"] == {name: "b"}
    assert said == ["the default container is b since the injection: that was kept."]


def test_a_volume_of_the_nodes_socket_that_was_given_another_source_stays_that() -> None:
    text = f"{POD}    volumeMounts:\n    - {{name: s, mountPath: /var/run/docker.sock}}\n"
    text += "  volumes:\n  - name: s\n    hostPath: {path: /var/run/docker.sock}\n"
    later = inject(text, "p.yaml", ServiceSpec()).text.replace("emptyDir: {}", "emptyDir: {medium: Memory}")
    outcome = eject(later, "p.yaml")
    assert "subPath" in outcome.text
    assert outcome.text.endswith("    emptyDir: {medium: Memory}\n")
    assert outcome.report[1].endswith(
        "the volume s was changed after the injection: it was kept, and is not the node's again."
    )


@pytest.mark.parametrize("name", ["subPath: ''", 'subPath: ""', "subPath:", "subPath: null  # none"])
def test_an_empty_sub_path_of_the_socket_comes_back(name: str) -> None:
    text = f"{POD}    volumeMounts:\n    - name: s\n      {name}\n      mountPath: /var/run/docker.sock\n"
    text += "  volumes:\n  - name: s\n    hostPath: {path: /var/run/docker.sock}\n"
    outcome = inject(text, "p.yaml", ServiceSpec())
    assert outcome.text.count("subPath") == 1
    assert eject(outcome.text, "p.yaml").text == text


def test_the_record_is_small() -> None:
    """Kubernetes allows 256 KiB for all annotations of an object (ValidateAnnotationsSize)."""
    sizes = []
    for spec in (ServiceSpec(), EPHEMERAL, ServiceSpec(form=Form.CONTAINER, endpoint=EndpointSpec(EndpointKind.TLS))):
        pod = yaml.safe_load(inject(POD, "p.yaml", spec).text)
        sizes.append(len(pod["metadata"]["annotations"]["dinp.dev/injected"]))
    assert max(sizes) < 1000, sizes
    twenty = POD + "".join(f"  - name: container-{number}\n" for number in range(20))
    record = yaml.safe_load(inject(twenty, "p.yaml", EPHEMERAL).text)["metadata"]["annotations"]["dinp.dev/injected"]
    assert len(record) < sizes[1] + 20 * 40
