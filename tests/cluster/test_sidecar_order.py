"""A pod that is deleted: its clients have their engine up to the last of their own orderly end; it goes after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cluster.injected import agent_status, client_pod
from tests.cluster.injecting import Injector
from tests.cluster.kit import Pod, PodObject, exit_of, ready

GRACE = 60
LAST_WORDS = "docker run --rm busybox echo goodbye"
SCRIPT = f"""
docker pull -q busybox
trap '{LAST_WORDS} > /dev/termination-log 2>&1; exit 0' TERM
touch /tmp/trapped
sleep infinity & wait
"""
TRAPPED = {"exec": {"command": ["test", "-e", "/tmp/trapped"]}, "periodSeconds": 1, "timeoutSeconds": 5}


@pytest.mark.parametrize("isolation", ["userns", "rootless"])
def test_the_engine_ends_after_its_clients(
    inject: Injector, run_pod: Callable[[Mapping[str, Any]], Pod], isolation: str
) -> None:
    body = client_pod(SCRIPT, readinessProbe=TRAPPED)
    body["spec"]["terminationGracePeriodSeconds"] = GRACE
    running = run_pod(inject(body, f"engine.isolation={isolation}"))
    running.wait(ready, 120)
    last: list[PodObject] = []

    def both_ended(now: PodObject) -> str | None:
        states = [agent_status(now), *now["status"]["containerStatuses"]]
        still = [one["name"] for one in states if "terminated" not in one["state"]]
        last.append(now)
        return f"{still} still run" if still else None

    running.delete(grace_seconds=GRACE)
    running.wait(both_ended, GRACE + 30)
    client, engine = exit_of(last[-1]), agent_status(last[-1])["state"]["terminated"]
    assert client["message"] == "goodbye\n"
    assert (client["exitCode"], engine["exitCode"]) == (0, 0), engine
    assert engine["finishedAt"] >= client["finishedAt"]
