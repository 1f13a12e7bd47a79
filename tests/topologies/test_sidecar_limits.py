"""What follows for the engine from what its container may use."""

import pytest

from dinp.model.engine_spec import EngineSpec, IsolationKind, Limits
from dinp.model.service_spec import Amounts, ServiceSpec, StorageKind, StorageSpec
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


@pytest.mark.parametrize(
    ("kind", "size", "ephemeral", "engine"),
    [
        (StorageKind.EMPTY_DIR, 1000, None, 900),
        (StorageKind.EMPTY_DIR, 1000, 500, 450),
        (StorageKind.EMPTY_DIR, 500, 1000, 450),
        (StorageKind.EPHEMERAL, 1000, 500, 900),
        (StorageKind.EMPTY_DIR, 64, None, None),
        (StorageKind.CLAIM, 1000, None, None),
        (StorageKind.HOST_PATH, 1000, None, None),
    ],
)
def test_disk_below_what_kubelet_evicts_for(
    kind: StorageKind, size: int, ephemeral: int | None, engine: int | None
) -> None:
    amounts = Amounts(ephemeral_storage=ephemeral * MIB if ephemeral else None)
    spec = ServiceSpec(limits=amounts, storage=StorageSpec(kind=kind, size=size * MIB))
    assert engine_limits(spec).disk == (engine * MIB if engine else None)
