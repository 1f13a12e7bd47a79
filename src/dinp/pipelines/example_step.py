"""What a snippet's job does as an example: it builds an image with the kind of engine that the snippet configures."""

from __future__ import annotations

from dinp.model.engine_spec import EngineKind
from dinp.model.service_spec import ServiceSpec
from dinp.model.value import Value
from dinp.topologies.client_contract import BUILDX_CREATE


class ExampleStep(Value):
    """The commands of a job, and the words beside them.

    Attributes:
        commands: lines of a shell, each only when those before it succeeded.
        image: what the job's image has to have, a comment.
        answers: from when on the engine is there, a sentence for comments.
        nothing_to_set: what a job need not do.
        notes: what such an engine cannot do for a job.
    """

    commands: tuple[str, ...]
    image: str
    answers: str
    nothing_to_set: str
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The commands as one line."""
        return " && ".join(self.commands)


_DOCKER = ExampleStep(
    commands=("docker build -t app:v1.0.0-alpha.1 .",),
    image="anything with a docker command, or an SDK, in it.",
    answers="Docker answers from the first one on: no loop.",
    nothing_to_set="No wait loop, no DOCKER_HOST to set: Docker answers from the first step on.",
)
_NO_CONTAINERS = (
    "engine.kind is buildkitd, which builds images and runs no containers: `docker run`, Compose and"
    " Testcontainers, and whatever else asks the Docker API, need dockerd or podman."
)
_BUILDKIT = ExampleStep(
    # Without an output a remote builder keeps the result in its cache only.
    commands=(BUILDX_CREATE, "docker buildx --builder dinp build -t app:v1.0.0-alpha.1 -o type=oci,dest=app.tar ."),
    image="anything with docker's buildx, or buildctl, in it.",
    answers="BuildKit answers from the first one on: no loop. Instead of -o, --push with a registry's name.",
    nothing_to_set="No wait loop, no BUILDKIT_HOST to set: BuildKit answers from the first step on.",
    notes=(_NO_CONTAINERS,),
)


def example_step(spec: ServiceSpec) -> ExampleStep:
    """The step for the spec's kind of engine."""
    return _BUILDKIT if spec.engine.kind is EngineKind.BUILDKITD else _DOCKER
