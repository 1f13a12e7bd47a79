"""What a sidecar's agent must be allowed, by the isolation of its engine."""

from dinp.model.engine_spec import IsolationKind
from dinp.model.pod import Object
from dinp.model.service_spec import ServiceSpec

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


def pod_fields(spec: ServiceSpec) -> Object:
    """Of the pod's spec: Kubernetes grants an unmasked /proc only to pods with a user namespace of their own."""
    return {"hostUsers": False} if spec.engine.isolation is IsolationKind.ROOTLESS else {}
