"""What the agent's image has to have for a spec, as far as a spec can tell."""

from dinp.model.engine_spec import EngineKind
from dinp.model.service_spec import Images, ServiceSpec


def agent_image_notes(spec: ServiceSpec) -> tuple[str, ...]:
    """What a person needs to know about `images.agent`: the usual image has one kind of engine.

    An image of one's own says nothing about what is in it; the agent does, in the pod.
    """
    kind = spec.engine.kind
    if kind is EngineKind.DOCKERD or spec.images.agent != Images().agent:
        return ()
    seen = f"engine.kind is {kind.value}, but images.agent is the usual {spec.images.agent}, whose engine is dockerd"
    return (f"{seen}: name an image that `python -m tools.image --engine {kind.value}` has made.",)
