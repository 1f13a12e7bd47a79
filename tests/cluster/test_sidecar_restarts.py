"""The agent, or its whole container, killed in the middle of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster import nodes
from tests.cluster.injected import AGENT, agent_status, agent_words, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, PodObject, ready

Run = Callable[[Mapping[str, Any]], Pod]
BEGIN = "docker pull -q busybox; docker run -d --name one busybox sleep 3600"
KILL_THE_AGENT = "kill -9 $(cat /proc/1/task/1/children | cut -d' ' -f1)"
ASK_FORTY_TIMES = "for n in $(seq 40); do docker version 2>&1 | grep 'Cannot connect'; done; true"
GO_ON = "docker start one && docker run --rm busybox echo again"


def job(inject: Injector, run_pod: Run, *settings: str) -> Pod:
    """A pod whose engine runs a container; docker is called in it by `exec`."""
    body = client_pod("exec sleep 3600")
    body["spec"]["restartPolicy"] = "Always"
    running = run_pod(inject(body, *settings))
    running.wait(ready, 120)
    begun = running.exec("sh", "-ec", BEGIN, container="main")
    assert begun.code == 0, begun
    return running


@pytest.mark.parametrize(("engine", "form"), [("29", "native"), ("29", "container"), ("20.10", "native")])
def test_nobody_is_turned_away_when_the_agent_is_killed(
    inject_with: Callable[[str], Injector], run_pod: Run, engine: str, form: str
) -> None:
    running = job(inject_with(engine), run_pod, f"form={form}")
    killed = running.exec("sh", "-ec", KILL_THE_AGENT, container=AGENT)
    assert killed.code == 0, killed
    assert running.exec("sh", "-c", ASK_FORTY_TIMES, container="main").out == "", running.evidence()
    found = running.exec("sh", "-c", GO_ON, container="main")
    assert found.out == "one\nagain\n", running.evidence()
    assert "the agent was killed by SIGKILL and is started again" in agent_words(running)
    assert agent_status(running.read())["restartCount"] == 0


def came_back(body: PodObject) -> str | None:
    """The agent's container runs for the second time."""
    status = agent_status(body)
    good = status.get("restartCount", 0) > 0 and "running" in status.get("state", {})
    return None if good else f"{status.get('restartCount')}: {status.get('state')}"


@pytest.mark.bed
@pytest.mark.parametrize(
    ("engine", "setting"),
    [("29", "form=native"), ("29", "form=container"), ("29", "endpoint.kind=tls"), ("20.10", "form=native")],
)
def test_the_job_goes_on_when_the_container_was_killed(
    inject_with: Callable[[str], Injector], run_pod: Run, engine: str, setting: str
) -> None:
    running = job(inject_with(engine), run_pod, setting)
    body = running.read()
    identity = agent_status(body)["containerID"].rpartition("/")[2]
    (node,) = (one for one in nodes.handles() if one.name == body["spec"]["nodeName"])
    nodes.on(node, "sh", "-c", f"kill -9 $({first_process(identity)})")
    running.wait(came_back, 120)
    found = running.exec("sh", "-c", f"until docker version >/dev/null 2>&1; do :; done; {GO_ON}", container="main")
    assert found.out == "one\nagain\n", running.evidence()
    links = running.exec("sh", "-c", "ls /sys/class/net", container=AGENT).out.split()
    assert len([name for name in links if name.startswith("dinp")]) == 1, links


def first_process(container: str) -> str:
    """A shell command for a node that prints the process id of a container's first process."""
    return (
        f"for d in /proc/[0-9]*; do grep -qs {container} $d/cgroup && awk '/^NSpid/ && NF == 3 && $3 == 1 {{print $2}}'"
        " $d/status; done; true"
    )
