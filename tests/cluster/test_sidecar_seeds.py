"""The seeds' pods with an engine of their own, replaced: their jobs, word for word, beside our sidecar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, container, pod, ready, terminated

pytestmark = pytest.mark.bed

SEEDS = Path(__file__).parents[1] / "seeds"
Run = Callable[[Mapping[str, Any]], Pod]


def client_of(seed: str, name: str) -> dict[str, Any]:
    """One container of a seed, as it stands there."""
    body = yaml.safe_load((SEEDS / seed).read_text(encoding="utf-8"))
    return next(dict(one) for one in body["spec"]["containers"] if one["name"] == name)


def job(seed: str, name: str, endpoint: str) -> dict[str, Any]:
    """The seed's client alone: less the mounts and the DOCKER_HOST that led it to the engine that is gone."""
    client = client_of(seed, name)
    client.pop("volumeMounts", None)
    if endpoint == "unix":
        client["env"] = [one for one in client.get("env", []) if not one["name"].startswith("DOCKER_")]
    return pod(name, client)


def looped(job: dict[str, Any]) -> dict[str, Any]:
    """The job's last sleep taken off, so that it ends."""
    (main,) = job["spec"]["containers"]
    main["args"] = [word.replace("; while true; do sleep 86400; done", "") for word in main["args"]]
    return job


@pytest.mark.parametrize("wait", ["verbatim", "without its loop"])
def test_sidecar_unix_socket(inject: Injector, run_pod: Run, wait: str) -> None:
    body = looped(job("sidecar-unix-socket.yaml", "clean-ci", "unix"))
    (main,) = body["spec"]["containers"]
    if wait != "verbatim":
        loop, _, rest = main["args"][1].partition("; docker pull")
        assert "docker info" in loop
        main["args"] = ["-c", f"docker pull{rest}"]
    running = run_pod(inject(body))
    running.wait(terminated("clean-ci"), 120)
    said = running.logs("clean-ci")
    assert "Downloaded newer image for busybox:latest" in said, said + running.evidence()
    assert "Untagged: busybox:latest" in said, said + running.evidence()


def test_sidecar_tcp_rootless_with_the_clients_own_docker_host(inject: Injector, run_pod: Run) -> None:
    """`tcp://localhost:2375` and DOCKER_TLS_VERIFY="" stay as they are written; the engine is a rootless one."""
    body = job("sidecar-tcp-rootless.yaml", "debug", "tcp")
    running = run_pod(inject(body, "endpoint.kind=tcp", "engine.isolation=rootless"))
    running.wait(ready, 90)
    script = "docker pull -q busybox && docker run --rm busybox echo $DOCKER_HOST && docker info"
    done = running.exec("sh", "-ec", script, container="debug", seconds=100)
    assert "rootless" in done.out, done.out + done.err + running.evidence()


def test_pod_dind_runs_as_it_is_written(inject: Injector, run_pod: Run) -> None:
    """`docker run -p 80:80 httpd:latest` over tcp://localhost:2375, at once; its port answers in the pod."""
    body = job("pod-dind-1.12.yaml", "docker-cmds", "tcp")
    probe = container("bed/debian:12", "sleep", "3600", name="neighbour")
    probe["image"] = f"{inject.cluster.registry.name}/bed/debian:12"
    body["spec"]["containers"].append(probe)
    running = run_pod(inject(body, "endpoint.kind=tcp"))
    running.wait(ready, 90)
    ask = "until curl -s -o /dev/null --max-time 5 http://localhost:80/; do :; done; echo answered"
    done = running.exec("sh", "-c", ask, container="neighbour", seconds=100)
    assert done.out == "answered\n", running.evidence()
