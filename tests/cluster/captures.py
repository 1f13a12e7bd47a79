"""Keeps what a broken pod leaves behind, as a sample for diagnosis: one folder per case below tests/captures/cluster.

facts.json   what was broken, and the pods' specifications and statuses
job.txt      the commands that a person gave, and what they printed
events.txt   the namespace's events, oldest first
POD.CONTAINER.log
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cluster.kit import Cluster, Pod

FOLDER = Path(__file__).resolve().parents[1] / "captures" / "cluster"


def capture(cluster: Cluster, namespace: str, case: str, broken: str, pods: Sequence[Pod], said: Sequence[str]) -> None:
    """Write the folder of a case anew. `broken` says in a sentence what was done; `said` is what the job printed."""
    folder = FOLDER / case
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bodies = {pod.name: pod.read() for pod in pods}
    facts = {
        "broken": broken,
        "kubernetes": cluster.version(),
        "pods": {name: {"spec": slim(body["spec"]), "status": body["status"]} for name, body in bodies.items()},
    }
    write(folder / "facts.json", json.dumps(facts, indent=2, sort_keys=True), namespace)
    write(folder / "job.txt", "\n".join(said), namespace)
    write(folder / "events.txt", "\n".join(cluster.events(namespace)), namespace)
    for pod in pods:
        for name in pod.containers():
            log = pod.logs(name)
            restarted = any(one["restartCount"] for one in bodies[pod.name]["status"].get("containerStatuses") or [])
            before = pod.logs(name, previous=True) if restarted else ""
            write(folder / f"{pod.name}.{name}.log", before + log, namespace)


def write(file: Path, text: str, namespace: str) -> None:
    """Write a text with the test's namespace, which is new in each run, under one name."""
    file.write_text(text.replace(namespace, "ci").rstrip("\n") + "\n")


def slim(spec: dict[str, Any]) -> dict[str, Any]:
    """A specification without what the API server adds to every pod."""
    text = json.dumps(spec)
    kept: dict[str, Any] = json.loads(text)
    kept["volumes"] = [one for one in kept.get("volumes", []) if not one["name"].startswith("kube-api-access")]
    for container in (*kept.get("initContainers", []), *kept["containers"]):
        mounts = container.get("volumeMounts", [])
        container["volumeMounts"] = [one for one in mounts if not one["name"].startswith("kube-api-access")]
    for name in ("tolerations", "schedulerName", "serviceAccount", "preemptionPolicy", "priority"):
        kept.pop(name, None)
    return kept


def command(pod: Pod, script: str, container: str | None = None) -> str:
    """A shell command as a person would see it in a terminal: the line, its output, its exit code."""
    found = pod.exec("timeout", "60", "sh", "-c", script, container=container, seconds=90)
    output = re.sub(r"\n?$", "\n", found.out + found.err) if found.out + found.err else ""
    return f"$ {script}\n{output}(exit code {found.code})"
