"""The seeds' pods with an engine of their own, replaced: their jobs, word for word, beside our sidecar.

What docs/how-to/known-sidecars.md shows is what runs here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, container, ready, terminated
from tests.cluster.seeds import ENGINES

EXAMPLES = Path(__file__).parents[2] / "examples/sidecar"
Run = Callable[[Mapping[str, Any]], Pod]


def example(name: str) -> dict[str, Any]:
    """One of the examples; tests/injector/test_examples.py says how they follow from the seeds."""
    return dict(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(params=ENGINES)
def inject(request: pytest.FixtureRequest, inject_with: Callable[[str], Injector]) -> Injector:
    """With the oldest engine, which is the seeds' own, and with the newest."""
    return inject_with(request.param)


@pytest.mark.parametrize("name", ["clean-ci", "clean-ci-without-loop"])
def test_sidecar_unix_socket(inject: Injector, run_pod: Run, name: str) -> None:
    body = example(name)
    (main,) = body["spec"]["containers"]
    # The job's last words are a sleep without end; here it ends before.
    main["args"] = [word.replace("; while true; do sleep 86400; done", "") for word in main["args"]]
    body["spec"]["restartPolicy"] = "Never"
    running = run_pod(inject(body))
    running.wait(terminated("clean-ci"), 120)
    said = running.logs("clean-ci")
    assert "Downloaded newer image for busybox:latest" in said, said + running.evidence()
    assert "Untagged: busybox:latest" in said, said + running.evidence()


def test_sidecar_tcp_rootless_with_the_clients_own_docker_host(inject: Injector, run_pod: Run) -> None:
    """`tcp://localhost:2375` and DOCKER_TLS_VERIFY="" stay as they are written; the engine is a rootless one."""
    running = run_pod(inject(example("tcp-rootless"), "endpoint.kind=tcp", "engine.isolation=rootless"))
    running.wait(ready, 90)
    script = "docker pull -q busybox && docker run --rm busybox echo $DOCKER_HOST && docker info"
    done = running.exec("sh", "-ec", script, container="debug", seconds=100)
    assert "rootless" in done.out, done.out + done.err + running.evidence()


def test_pod_dind_runs_as_it_is_written(inject: Injector, run_pod: Run) -> None:
    """`docker run -p 80:80 httpd:latest` over tcp://localhost:2375, at once; its port answers in the pod."""
    body = example("httpd-1.12")
    neighbour = container(inject.cluster.image("bed/debian:12"), "sleep", "3600", name="neighbour")
    body["spec"]["containers"].append(neighbour)
    running = run_pod(inject(body, "endpoint.kind=tcp"))
    running.wait(ready, 90)
    ask = "until curl -s -o /dev/null --max-time 5 http://localhost:80/; do :; done; echo answered"
    done = running.exec("sh", "-c", ask, container="neighbour", seconds=100)
    assert done.out == "answered\n", running.evidence()
