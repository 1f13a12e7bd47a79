"""The engines that there are."""

from collections.abc import Mapping

from dinp.engines import dockerd
from dinp.engines.engine import Engine
from dinp.model.engine_spec import EngineKind

ENGINES: Mapping[EngineKind, Engine] = {EngineKind.DOCKERD: dockerd}
