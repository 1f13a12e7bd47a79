"""A complete pod, or a Job, with a sidecar: the seeds' CI job, without its wait loop."""

from __future__ import annotations

from enum import Enum

from dinp.model.engine_spec import EngineKind
from dinp.model.pod import Mount, Object, Volume
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_spec import Form, ServiceSpec
from dinp.topologies.all_topologies import TOPOLOGIES
from dinp.topologies.client_contract import BUILDX_CREATE

NAME = "dinp-example"
_RUN = "docker pull busybox && docker run --rm busybox echo 'hello from a container' && docker image ls"
_BUILD = (
    f"{BUILDX_CREATE} &&"
    " printf 'FROM busybox\\nRUN echo hello from a build > /hello\\n' |"
    " docker buildx --builder dinp build -o type=local,dest=image - && cat image/hello"
)


class Workload(Enum):
    """What kind of object the example is."""

    POD = "pod"
    JOB = "job"


def sidecar_example(spec: ServiceSpec, workload: Workload) -> Object:
    """The object.

    Its client calls docker as the first thing that it does, and mounts a volume that its engine sees at the same
    path; both are what hand-written sidecars get wrong.

    Raises:
        BadInputError: the example would not work.
    """
    if workload is Workload.JOB and spec.form is Form.CONTAINER:
        sentence = "A Job whose agent is a plain container never ends: it waits for all of its containers."
        raise BadInputError(Problem("job-never-ends", sentence, "Choose form: native, or a pod."))
    work = Mount("workspace", "/workspace")
    parts = TOPOLOGIES[spec.topology].pod_parts(spec, (work,), None)
    client: Object = {
        "name": "client",
        "image": spec.images.client,
        "command": ["sh", "-ec", _BUILD if spec.engine.kind is EngineKind.BUILDKITD else _RUN],
        "workingDir": work.path,
        "env": [variable.data() for variable in parts.environment],
        "volumeMounts": [mount.data() for mount in (work, *parts.mounts)],
    }
    pod: Object = {**parts.pod, "restartPolicy": "Never"}
    if parts.init_containers:
        pod["initContainers"] = list(parts.init_containers)
    pod["containers"] = [*parts.containers, client]
    volumes = (Volume("workspace", "emptyDir", {}), *parts.volumes)
    pod["volumes"] = [volume.data() for volume in volumes]
    if workload is Workload.POD:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME}, "spec": pod}
    job: Object = {"backoffLimit": 0, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": NAME}, "spec": job}
