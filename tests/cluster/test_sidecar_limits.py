"""What a pod's limits do to the engine, and what the pod's status says about it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import AGENT, agent_status, agent_words, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, PodObject, ended, terminated

Run = Callable[[Mapping[str, Any]], Pod]
TOO_MUCH = "dd if=/dev/zero of=/dev/null bs=400M count=1"
IN_A_CONTAINER = f"docker pull -q busybox; docker run --rm busybox {TOO_MUCH} || echo code $?"
IN_A_BUILD = f"printf 'FROM busybox\\nRUN {TOO_MUCH}\\n' | docker build --no-cache - || echo failed"
STILL_THERE = "docker run --rm busybox echo still there"


def agent_ended(body: PodObject) -> str | None:
    """The agent's container has ended; its status has the last sentences."""
    return None if "terminated" in agent_status(body).get("state", {}) else "the agent runs"


def last_sentences(one: Pod) -> str:
    """What `kubectl describe pod` shows of the agent once it has ended."""
    one.wait(ended, 120)
    one.wait(agent_ended, 60)
    body = one.read()
    assert agent_status(body).get("restartCount") == 0, one.evidence()
    message: str = agent_status(body)["state"]["terminated"].get("message", "")
    return message


@pytest.mark.parametrize(
    ("script", "where"),
    [(IN_A_CONTAINER, " in container "), (IN_A_BUILD, " in a step of a build")],
    ids=["container", "build"],
)
def test_the_pods_memory_ends_the_greedy_one_alone(inject: Injector, run_pod: Run, script: str, where: str) -> None:
    running = run_pod(
        inject(client_pod(f"{script}; docker pull -q busybox; {STILL_THERE}"), "resources.limits.memory=384MiB")
    )
    said = last_sentences(running)
    assert "The memory limit of " in said, running.evidence()
    # busybox' dd cuts its arguments at the `=`. On a busy machine it may be gone before anybody has looked.
    assert "dd if" in said or "It was a process" in said, said
    assert where in said, said
    assert "(dinp explain out-of-memory)" in said, said
    assert said.split(" (dinp explain")[0].removeprefix("dinp: ") in agent_words(running)
    assert running.logs("main").endswith("still there\n"), running.evidence()


def refused_job(inject: Injector, *settings: str) -> dict[str, Any]:
    """A pod whose docker is expected to fail; it ends nevertheless."""
    return inject(client_pod("docker version --format '{{.Server.Os}}' || true"), *settings)


def test_a_broken_engine_is_told_to_the_client_and_in_the_pods_status(inject: Injector, run_pod: Run) -> None:
    running = run_pod(refused_job(inject, "engine.storage_driver=fuse-overlayfs"))
    running.wait(terminated("main"), 120)
    (sentence,) = (line for line in running.logs("main").splitlines() if "dinp: " in line)
    said = last_sentences(running)
    assert "(dinp explain fuse-overlayfs-missing)" in said, running.evidence()
    assert said.split(" (dinp explain")[0] in sentence, sentence


@pytest.mark.parametrize("form", ["native", "container"])
def test_a_sidecar_that_may_nothing(inject: Injector, run_pod: Run, form: str) -> None:
    body = refused_job(inject, f"form={form}")
    for one in (*body["spec"].get("initContainers", []), *body["spec"]["containers"]):
        if one["name"] == AGENT:
            one["securityContext"] = {"runAsUser": 0}
    running = run_pod(body)
    running.wait(terminated("main"), 120)
    (sentence,) = (line for line in running.logs("main").splitlines() if "dinp: " in line)
    if form == "native":
        assert last_sentences(running).split(" (dinp explain")[0] in sentence, sentence
    else:
        assert running.exec("cat", "/dev/termination-log", container=AGENT).out.split(" (dinp explain")[0] in sentence


AFTERWARDS = """
until docker version >/dev/null 2>said; do grep -h 'dinp: ' said || true; done
until docker run --rm busybox echo still there; do :; done
"""


def test_a_job_that_fills_its_disk_is_told_so_and_not_evicted(inject: Injector, run_pod: Run) -> None:
    script = (
        "cd /tmp; docker pull -q busybox; docker run --name big busybox sh -c"
        f" 'dd if=/dev/zero of=/big bs=1M count=320; sleep 60' || echo ended; {AFTERWARDS}"
    )
    running = run_pod(inject(client_pod(script), "storage.size=320MiB"))
    said = last_sentences(running)
    assert "(dinp explain disk-limit)" in said, running.evidence()
    body = running.read()
    assert body["status"]["phase"] == "Succeeded", running.evidence()
    assert "ended" in running.logs("main")
    assert "MiB that it may, and was ended" in running.logs("main"), running.evidence()
    assert running.logs("main").endswith("still there\n"), running.evidence()
