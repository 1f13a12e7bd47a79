"""Objects of the API, as an admission webhook gets them: the same decisions as for files."""

from __future__ import annotations

from dinp.injector.eject_pod import eject_pod
from dinp.injector.inject_pod import inject_workload
from dinp.injector.pod_view import PodView
from dinp.injector.targets import ValueTarget
from dinp.injector.vocabulary import Answer, Inject, Refuse, Skip
from dinp.manifests.edit_values import at
from dinp.manifests.edits import Path, below
from dinp.model.kube_object import KubeObject, objects
from dinp.model.pod import Object
from dinp.model.service_spec import ServiceSpec
from dinp.model.value import replace

_UNKNOWN = Skip("it describes no pods that dinp knows")


def inject_object(thing: Object, spec: ServiceSpec) -> Answer:
    """What to do with one workload; paths begin at its top."""
    found = _pod(thing)
    if found is None:
        return _UNKNOWN
    pod, each, path = found
    return _from_top(inject_workload(pod, each, spec, ValueTarget(dict(pod.data))), path)


def eject_object(thing: Object) -> Answer:
    """The inverse of `inject_object`."""
    found = _pod(thing)
    if found is None:
        return _UNKNOWN
    pod, _, path = found
    return _from_top(eject_pod(pod), path)


def _pod(thing: Object) -> tuple[PodView, KubeObject, Path] | None:
    each = next(objects(thing), None)
    if each is None or each.template is None or each.path:
        return None
    pod = at(each.data, each.template)
    return PodView(pod if isinstance(pod, dict) else {}), each, each.template


def _from_top(answer: Answer, path: Path) -> Answer:
    match answer:
        case Inject(edits, notes, kept):
            placed = tuple(replace(each, path=(*path, *each.path)) for each in kept)
            return Inject(tuple(below(path, edit) for edit in edits), notes, placed)
        case Refuse(reasons):
            return Refuse(tuple(replace(reason, path=(*path, *reason.path)) for reason in reasons))
        case _:
            return answer
