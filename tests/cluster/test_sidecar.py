"""Pods that are given a sidecar by `dinp inject`, on a real cluster whose nodes have no Docker, with the real image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.injected import agent_status, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, container, pod, ready, terminated

SEEDS = Path(__file__).parents[1] / "seeds"

Run = Callable[[Mapping[str, Any]], Pod]


@pytest.mark.parametrize("form", ["native", "container"])
def test_docker_is_there_from_the_first_instant(inject: Injector, run_pod: Run, form: str) -> None:
    script = "docker pull -q busybox && docker run --rm busybox echo hello from inside && docker rmi busybox"
    running = run_pod(inject(client_pod(script), f"form={form}"))
    running.wait(terminated("main"), 120)
    assert "hello from inside" in running.logs("main"), running.evidence()


def test_the_seeds_job_as_written_without_the_daemon(inject: Injector, run_pod: Run) -> None:
    seed = yaml.safe_load((SEEDS / "sidecar-unix-socket.yaml").read_text(encoding="utf-8"))
    client = next(one for one in seed["spec"]["containers"] if one["name"] == "clean-ci")
    job = pod("clean-ci", container(client["image"], *client["command"], name="clean-ci", args=client["args"]))
    running = run_pod(inject(job))
    running.wait(ready, 60)
    script = "until [ -s busybox-latest.tar ] && [ -z $(docker images -q busybox) ]; do :; done; ls busybox-latest.tar"
    assert running.exec("sh", "-c", script, container="clean-ci", seconds=100).out.strip() == "busybox-latest.tar"


def test_the_hosts_socket_on_a_node_without_docker(inject: Injector, run_pod: Run) -> None:
    seed = yaml.safe_load((SEEDS / "pod-dood-1.12.yaml").read_text(encoding="utf-8"))
    seed["spec"]["restartPolicy"] = "Never"
    running = run_pod(inject(seed))
    running.wait(ready, 90)
    ask = 'until docker ps --filter publish=80 --format "{{.Ports}}" | grep -q 80; do :; done; docker ps -q'
    assert running.exec("sh", "-c", ask, container="docker-cmds", seconds=100).out.strip()


def test_the_workspace_has_its_owners_on_both_sides(inject: Injector, run_pod: Run) -> None:
    script = (
        "echo mine > /workspace/mine; docker pull -q busybox;"
        " docker run --rm -v /workspace:/workspace -u 1234 busybox sh -c 'echo theirs > /workspace/theirs';"
        " stat -c '%u %n' /workspace/mine /workspace/theirs"
    )
    body = client_pod(
        script, securityContext={"runAsUser": 1234}, volumeMounts=[{"name": "work", "mountPath": "/workspace"}]
    )
    body["spec"]["volumes"] = [{"name": "work", "emptyDir": {}}]
    body["spec"]["containers"][0]["env"] = [{"name": "HOME", "value": "/workspace"}]
    running = run_pod(inject(body))
    running.wait(terminated("main"), 120)
    assert "1234 /workspace/mine\n1234 /workspace/theirs" in running.logs("main"), running.evidence()


@pytest.mark.parametrize("setting", ["endpoint.kind=unix", "endpoint.kind=tls", "engine.isolation=rootless"])
def test_a_job_ends_with_its_own_container(inject: Injector, run_pod: Run, setting: str) -> None:
    """After `docker run`, too, of which dockerd keeps a socket: the agent does not take it for a client."""
    script = "docker pull -q busybox && docker run --rm busybox true && echo words | docker run -i busybox cat"
    running = run_pod(inject(client_pod(script), setting))
    running.wait(lambda body: None if body["status"].get("phase") == "Succeeded" else "not ended", 120)
    body = running.read()
    main, agent = body["status"]["containerStatuses"][0], agent_status(body)
    own, last = (datetime.fromisoformat(one["state"]["terminated"]["finishedAt"]) for one in (main, agent))
    assert last - own < timedelta(seconds=5), running.evidence()


@pytest.mark.parametrize(
    ("engine", "setting"),
    [("29", "form=native"), ("29", "form=container"), ("29", "engine.isolation=rootless"), ("20.10", "form=native")],
)
def test_tls_on_loopback(inject_with: Callable[[str], Injector], run_pod: Run, engine: str, setting: str) -> None:
    """From the first instant; a client sees its own pair only."""
    script = "docker version >/dev/null && echo verified $DOCKER_TLS_VERIFY && cd $DOCKER_CERT_PATH && echo *"
    running = run_pod(inject_with(engine)(client_pod(script), "endpoint.kind=tls", setting))
    running.wait(terminated("main"), 120)
    assert running.logs("main") == "verified 1\nca.pem cert.pem key.pem\n", running.evidence()
