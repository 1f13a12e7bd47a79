"""What carries the state of a sidecar's agent; never the container's own layer, which overlay cannot lie on."""

from dinp.model.annotations import STATE_VOLUME
from dinp.model.pod import Json, Volume, quantity
from dinp.model.service_spec import StorageKind, StorageSpec


def volume(storage: StorageSpec) -> Volume:
    """The volume of the agent's state."""
    match storage.kind:
        case StorageKind.EMPTY_DIR:
            return Volume(STATE_VOLUME, "emptyDir", {"sizeLimit": quantity(storage.size)})
        case StorageKind.EPHEMERAL:
            claim: dict[str, Json] = {"accessModes": ["ReadWriteOnce"]}
            if storage.storage_class:
                claim["storageClassName"] = storage.storage_class
            claim["resources"] = {"requests": {"storage": quantity(storage.size)}}
            return Volume(STATE_VOLUME, "ephemeral", {"volumeClaimTemplate": {"spec": claim}})
        case StorageKind.CLAIM:
            return Volume(STATE_VOLUME, "persistentVolumeClaim", {"claimName": storage.claim})
        case StorageKind.HOST_PATH:
            return Volume(STATE_VOLUME, "hostPath", {"path": storage.path, "type": "DirectoryOrCreate"})
