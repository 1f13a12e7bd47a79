"""A node loses its power and gets it back."""

from __future__ import annotations

import os

import pytest
from kubernetes import watch

from testbed import power
from testbed.layout import Layout
from tests.cluster.kit import Cluster, PodObject, container, pod, ready

NODE = "node-2"


@pytest.mark.bed
def test_a_killed_node_is_noticed_and_its_pods_run_again_when_it_is_back(cluster: Cluster, namespace: str) -> None:
    body = pod("one", container("busybox", "sleep", "3600"), nodeName=NODE, restartPolicy="Always")
    one = cluster.run(namespace, body)
    one.wait(ready)
    layout = Layout.of(os.environ)
    power.kill(layout, NODE)
    try:
        wait_for_node(cluster, "Unknown", seconds=60)
    finally:
        power.bring_back(layout, NODE, lambda _: None)

    def restarted(body: PodObject) -> str | None:
        counts = [status["restartCount"] for status in body["status"].get("containerStatuses") or []]
        return ready(body) if any(counts) else "not restarted"

    one.wait(restarted, seconds=120)
    assert one.exec("hostname").out == "one\n"


def wait_for_node(cluster: Cluster, status: str, seconds: int) -> None:
    """Wait until the node's condition Ready has this status."""
    follow = watch.Watch().stream(
        cluster.core.list_node, field_selector=f"metadata.name={NODE}", resource_version="0", timeout_seconds=seconds
    )
    for event in follow:
        for condition in event["object"].status.conditions:
            if (condition.type, condition.status) == ("Ready", status):
                return
    raise AssertionError(f"{NODE} was not {status} after {seconds} s")
