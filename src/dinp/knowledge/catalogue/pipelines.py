"""What `dinp pipeline` says itself."""

from dinp.knowledge.failure import Failure

PIPELINES: tuple[Failure, ...] = (
    Failure(
        "pipeline-form",
        "A CI system cannot use that form of sidecar",
        "Some systems neither enter native sidecars nor give them the workspace; others put plain containers behind "
        "the job's own and wait for nothing, so that the job would race with the agent.",
        "Leave the form out: each system has one that works.",
        sources=("https://github.com/jenkinsci/kubernetes-plugin/pull/2869",),
    ),
    Failure(
        "pipeline-style",
        "A CI system has no such style of snippet",
        "A style is one of the places where a system can be told about pods, e.g. a runner's configuration or a job.",
        "Name one of those that the sentence lists, or none.",
    ),
    Failure(
        "pipeline-pod-fields",
        "A CI system's format has no place for something that the pod needs",
        "Not every system lets a pipeline say everything about its pods: a Tekton Task, for one, has no fields of the "
        "pod itself.",
        "Leave out what asks for it, as the sentence says.",
    ),
)
