"""What a sidecar's agent must be allowed, by the isolation of its engine."""

from dinp.model.engine_spec import IsolationKind
from dinp.model.pod import Object
from dinp.model.service_spec import ServiceSpec, StorageKind

ROOTLESS_USER = 1000
"""The ordinary user of the agent's image, with sub-ids in /etc/subuid."""


def security_context(spec: ServiceSpec) -> Object:
    """Of the agent's container (core/v1 SecurityContext).

    Root's agent makes namespaces, mounts and control groups, for which a container must be privileged; whatever the
    pod says about users would otherwise hold for the agent too. A rootless agent needs newuidmap (which has a file
    capability), the system calls that make namespaces, and a /proc without covers, without which the kernel refuses to
    mount another one in a user namespace (user_namespaces(7)).
    """
    if spec.engine.isolation is not IsolationKind.ROOTLESS:
        return {"privileged": True, "runAsUser": 0, "runAsGroup": 0, "runAsNonRoot": False}
    return {
        "runAsUser": ROOTLESS_USER,
        "runAsGroup": ROOTLESS_USER,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": True,
        "seccompProfile": {"type": "Unconfined"},
        "appArmorProfile": {"type": "Unconfined"},
        "procMount": "Unmasked",
    }


OF_ROOT = frozenset({StorageKind.CLAIM, StorageKind.EPHEMERAL})
"""Storage whose directory is root's, as most drivers make it; an emptyDir is everyone's."""


def pod_fields(spec: ServiceSpec) -> Object:
    """Of the pod's spec.

    Kubernetes grants an unmasked /proc only to pods with a user namespace of their own. A volume that is root's
    becomes the rootless agent's by its group; once only, because kubelet would otherwise give every file below it to
    that group, those of images too, each time the pod starts (kubelet's volume_linux.go, changePermissionsRecursively).
    """
    if spec.engine.isolation is not IsolationKind.ROOTLESS:
        return {}
    if spec.storage.kind not in OF_ROOT:
        return {"hostUsers": False}
    group: Object = {"fsGroup": ROOTLESS_USER, "fsGroupChangePolicy": "OnRootMismatch"}
    return {"hostUsers": False, "securityContext": group}
