"""Whole files through inject and eject."""

import json
from pathlib import Path

import pytest

from dinp.injector.documents import eject, inject
from dinp.model.problem import BadInputError
from dinp.model.service_spec import Form, ServiceSpec

SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.mark.parametrize("name", ["client-hostpath-socket.yaml", "pod-dood-1.12.yaml"])
def test_the_seeds_that_use_the_nodes_socket(name: str) -> None:
    text = (SEEDS / name).read_text(encoding="utf-8")
    injected = inject(text, name, ServiceSpec())
    assert injected.changed == 1
    assert "hostPath:" not in injected.text.replace('"hostPath:', "")
    assert inject(injected.text, name, ServiceSpec()).text == injected.text
    assert eject(injected.text, name).text == text


@pytest.mark.parametrize("name", ["sidecar-unix-socket.yaml", "pod-dind-1.12.yaml", "daemonset-hostpath-socket.yaml"])
def test_the_seeds_that_are_engines_are_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="a Docker engine of its own"):
        inject((SEEDS / name).read_text(encoding="utf-8"), name, ServiceSpec())


BROKEN = """kind: Pod
metadata:
  annotations:
    dinp.dev/injected: '{}'
spec:
  containers:
  - name: a
  volumes:
  - name: v
    emptyDir: {{}}
"""


@pytest.mark.parametrize(
    "record", ["by hand", "[]", '{"version":1}', '{"version":2,"sockets":{"v":"hostPath: [x"},"parts":3}']
)
def test_a_record_that_cannot_be_read_is_said_to_be_so(record: str) -> None:
    with pytest.raises(BadInputError, match=r"pod.yaml:4:5: Pod \(no name\): its annotation dinp.dev/injected"):
        eject(BROKEN.format(record), "pod.yaml")


def test_a_container_that_gets_no_docker_keeps_its_own_variables() -> None:
    """Found by the property tests, with more examples than they usually try."""
    text = """kind: Pod
spec:
  initContainers:
  - {name: early, image: docker:cli, env: [{name: DOCKER_HOST, value: tcp://x:2376}]}
  containers:
  - {name: a, image: docker:cli}
"""
    injected = inject(text, "pod.yaml", ServiceSpec(form=Form.CONTAINER))
    assert eject(injected.text, "pod.yaml").text == text


def test_json_with_tabs_keeps_them() -> None:
    pod = {"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "docker:cli"}]}}
    text = json.dumps(pod, indent="\t")
    injected = inject(text, "pod.json", ServiceSpec()).text
    assert injected == json.dumps(json.loads(injected), indent="\t")
    assert eject(injected, "pod.json").text == text
