"""Many jobs at once, each with an engine of its own in its own pod."""

from __future__ import annotations

from typing import Any

from tests.cluster.injecting import Injector
from tests.cluster.kit import Cluster, PodObject, container

JOBS = 20
SCRIPT = """
printf 'FROM busybox\\nRUN echo %s > /whose\\n' "$MINE" | docker build -q -t "mine-$MINE" -
docker run --rm "mine-$MINE" cat /whose
docker images --format '{{.Repository}}' | sort | tr '\\n' ' '
docker ps -aq | wc -l
"""


def job(number: int) -> dict[str, Any]:
    """A Job that builds and runs an image of its own."""
    env = [{"name": "MINE", "value": str(number)}]
    template = {
        "metadata": {"labels": {"load": "jobs"}},
        "spec": {"restartPolicy": "Never", "containers": [container("docker:stable", "sh", "-ec", SCRIPT, env=env)]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"job-{number}"},
        "spec": {"backoffLimit": 0, "template": template},
    }


def succeeded(body: PodObject) -> str | None:
    phase = body["status"].get("phase")
    assert phase != "Failed", f"{body['metadata']['name']} failed"
    return None if phase == "Succeeded" else f"phase {phase}"


def test_twenty_jobs_at_once_see_only_their_own(cluster: Cluster, namespace: str, inject: Injector) -> None:
    cluster.wait_for_service_account(namespace)
    cluster.apply(namespace, *(inject(job(number)) for number in range(JOBS)))
    done = cluster.wait_for_pods(namespace, "load=jobs", JOBS, succeeded, seconds=150)
    said = {one.read()["metadata"]["labels"]["job-name"]: one.logs("main").splitlines()[1:] for one in done}
    assert said == {f"job-{number}": [str(number), f"mine-{number} 0"] for number in range(JOBS)}
    # A cluster may have more nodes than it gives jobs to; one alone would be no proof that neighbours are meant.
    assert len({one.read()["spec"]["nodeName"] for one in done}) >= min(2, len(cluster.nodes()))
