"""The engines that there are."""

from collections.abc import Mapping

from dinp.engines import buildkitd, dockerd, podman
from dinp.engines.engine import Engine
from dinp.model.engine_spec import EngineKind

ENGINES: Mapping[EngineKind, Engine] = {
    EngineKind.DOCKERD: dockerd,
    EngineKind.PODMAN: podman,
    EngineKind.BUILDKITD: buildkitd,
}
