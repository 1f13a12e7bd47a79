"""What follows for the engine from what its container may use."""

import pytest

from dinp.model.engine_spec import EngineSpec, IsolationKind, Limits
from dinp.model.service_spec import Amounts, ServiceSpec
from dinp.topologies.sidecar_limits import engine_limits

MIB = 2**20


def memory(container: int | None, engine: int | None = None, isolation: IsolationKind | None = None) -> int | None:
    wish = EngineSpec(limits=Limits(memory=engine), isolation=isolation)
    return engine_limits(ServiceSpec(limits=Amounts(memory=container), engine=wish)).memory


@pytest.mark.parametrize(("container", "engine"), [(None, None), (4096, 4032), (200, 150), (80, None)])
def test_memory_below_the_containers(container: int | None, engine: int | None) -> None:
    assert memory(container * MIB if container else None) == (engine * MIB if engine else None)


def test_what_was_said_stays() -> None:
    assert memory(4096 * MIB, 1024 * MIB) == 1024 * MIB


def test_a_rootless_engine_has_no_group_to_limit() -> None:
    assert memory(4096 * MIB, isolation=IsolationKind.ROOTLESS) is None
