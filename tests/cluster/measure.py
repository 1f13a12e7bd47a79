"""Runs a known recipe as it is written and says what happened."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from kubernetes.client.exceptions import ApiException

from tests.cluster.kit import Cluster, Condition, ContainerGoneError, Pod, PodObject
from tests.cluster.seeds import SEEDS, Recipe
from tests.cluster.socket_time import socket_seconds

SECONDS_TO_GIVE = 90
"""A job that has no docker by then is counted as one that never has."""

RESTARTS_TO_GIVE = 5
"""kubelet waits 1, 2, 4, 8, 16 s between them: half a minute in all."""
WHY_NOT = "timeout 20 docker version 2>&1"
RUNS = 'for attempt in 1 2 3 4 5; do test -n "$(docker ps -q)" && exit 0; sleep 0.5; done; exit 1'
ENGINE_ERRORS = r"level=(error|fatal)|^failed|^error|rootlesskit.*error"
USABLE = "until docker info >/tmp/said 2>&1; do sleep 0.1; done"
BUILD = (
    "printf 'FROM busybox\\nRUN echo built > /proof\\n' | docker build -t proof - && docker run --rm proof cat /proof"
)


@dataclass(frozen=True)
class Outcome:
    """What a recipe did. Seconds count from the creation of the pods; None: it did not come to that.

    `message` is what the job saw when it failed, `engine_said` the engine's own last error then. `socket_open` counts
    from the start of the container that opens the socket.
    """

    recipe: str
    engine: str
    docker_usable: float | None
    image_built: float | None
    message: str
    engine_said: str = ""
    socket_open: float | None = None

    @property
    def works(self) -> bool:
        """Whether an image was built."""
        return self.image_built is not None


def measure(cluster: Cluster, namespace: str, recipe: Recipe, engine: str) -> Outcome:
    """Apply a recipe in a namespace whose nodes have the images, and let a job use it."""
    for file in recipe.files:
        cluster.apply_file(namespace, SEEDS / file)
    if recipe.own_client is not None:
        cluster.apply(namespace, recipe.own_client)
    created = time.monotonic()
    name, container = recipe.client
    job = Pod(cluster, namespace, name, created)
    if recipe.runs_by_itself:
        failure = job_runs(job, container)
    else:
        job.wait(running(container), seconds=SECONDS_TO_GIVE)
        found = job.exec("timeout", str(SECONDS_TO_GIVE), "sh", "-c", USABLE, container=container, seconds=120)
        failure = None if found.code == 0 else job.exec("sh", "-c", WHY_NOT, container=container).out
    if failure is not None:
        return Outcome(recipe.name, engine, None, None, first_error(failure), engine_said(job, recipe))
    usable = time.monotonic() - created
    build = job.exec("timeout", "60", "sh", "-c", BUILD, container=container, seconds=90)
    if build.code == 0 and build.out.endswith("built\n"):
        built = time.monotonic() - created
        opened = socket_seconds(job, *recipe.door) if recipe.door is not None else None
        return Outcome(recipe.name, engine, usable, built, "", socket_open=opened)
    return Outcome(recipe.name, engine, usable, None, first_error(build.err or build.out), engine_said(job, recipe))


def job_runs(job: Pod, container: str) -> str | None:
    """The container's own command is `docker run`: None when what it runs does run, else what it said the last time."""
    while job.wait(running_or_given_up(container), seconds=SECONDS_TO_GIVE) < SECONDS_TO_GIVE:
        if status_of(job.read(), container).get("restartCount", 0) >= RESTARTS_TO_GIVE:
            break
        try:
            if job.exec("sh", "-c", RUNS, container=container).code == 0:
                return None
        except (ApiException, ContainerGoneError):
            # The container ended in between; it is tried again with the next one.
            continue
    return job.logs(container, previous=True) or job.logs(container)


def engine_said(job: Pod, recipe: Recipe) -> str:
    """The last error in the engine's log: the job's own pod has it beside the job, or another pod of the recipe."""
    pods = job.cluster.pods(job.namespace, recipe.engine_selector) if recipe.engine_selector else [job]
    for one in pods:
        for name in one.containers():
            if (one.name, name) != (job.name, recipe.client[1]):
                log = one.logs(name) or one.logs(name, previous=True)
                telling = [line for line in log.splitlines() if re.search(ENGINE_ERRORS, line)]
                return readable(telling[-1]) if telling else ""
    return ""


def running(name: str) -> Condition:
    """The container runs."""

    def condition(body: PodObject) -> str | None:
        state = status_of(body, name).get("state", {})
        return None if "running" in state else f"{name}: {state}"

    return condition


def running_or_given_up(name: str) -> Condition:
    """The container runs, or has ended so often that it will not work."""

    def condition(body: PodObject) -> str | None:
        status = status_of(body, name)
        over = "running" in status.get("state", {}) or status.get("restartCount", 0) >= RESTARTS_TO_GIVE
        return None if over else f"{name}: {status.get('state', {})}"

    return condition


def status_of(body: PodObject, name: str) -> PodObject:
    """A container's status; empty while there is none."""
    for one in body["status"].get("containerStatuses") or []:
        if one["name"] == name:
            found: PodObject = one
            return found
    return {}


def first_error(said: str) -> str:
    """The line that says what is wrong, without times and names of pods that differ from run to run."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|cannot|fail|denied|not found|refused", line, re.IGNORECASE)]
    return readable((telling or lines or ["nothing was said"])[0])


def readable(line: str) -> str:
    """A line without its time and with long digests cut: what stays the same from run to run."""
    return re.sub(r"[0-9a-f]{12,64}", "…", re.sub(r'time="[^"]*" level=\w+ msg=', "", line))[:300]
