"""Objects of the API through the same decisions, and their JSON Patches."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings

from dinp.injector.api_object import eject_object, inject_object
from dinp.injector.vocabulary import Inject, Refuse, Skip
from dinp.manifests.edit_values import edited
from dinp.manifests.json_patch import json_patch
from dinp.model.service_spec import ServiceSpec
from tests.injector.additions import ADDITIONS, with_additions
from tests.injector.workloads import SPECS, objects


def patched(thing: Any, operations: list[Any]) -> Any:
    """RFC 6902, as far as our patches go."""
    result = {"top": deepcopy(thing)}
    for operation in operations:
        *steps, last = [
            "top",
            *(each.replace("~1", "/").replace("~0", "~") for each in operation["path"].split("/")[1:]),
        ]
        place: Any = result
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            position = len(place) if last == "-" else int(last)
            place[position : position + (operation["op"] != "add")] = (
                [operation["value"]] if "value" in operation else []
            )
        elif operation["op"] == "remove":
            del place[last]
        else:
            assert (last in place) == (operation["op"] == "replace")
            place[last] = operation["value"]
    return result["top"]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(objects(), SPECS)
def test_eject_takes_back_what_inject_did(thing: dict[str, Any], spec: ServiceSpec) -> None:
    answer = inject_object(thing, spec)
    if not isinstance(answer, Inject):
        assert isinstance(answer, Refuse | Skip)
        return
    injected = edited(thing, answer.edits)
    assert patched(thing, json_patch(answer.edits)) == injected
    assert isinstance(inject_object(injected, spec), Skip)
    back = eject_object(injected)
    assert isinstance(back, Inject)
    assert edited(injected, back.edits) == thing
    assert patched(injected, json_patch(back.edits)) == thing


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(objects(), SPECS, ADDITIONS)
def test_what_people_add_after_the_injection_stays(thing: dict[str, Any], spec: ServiceSpec, added: list[Any]) -> None:
    answer = inject_object(thing, spec)
    if not isinstance(answer, Inject):
        return
    later = with_additions(edited(thing, answer.edits), added)
    back = eject_object(later)
    assert isinstance(back, Inject)
    assert edited(later, back.edits) == with_additions(thing, added)
    assert patched(later, json_patch(back.edits)) == with_additions(thing, added)


def test_what_describes_no_pods_is_left_alone() -> None:
    assert isinstance(inject_object({"kind": "Service", "spec": {}}, ServiceSpec()), Skip)
    assert isinstance(inject_object({"kind": "List", "items": [{"kind": "Pod", "spec": {}}]}, ServiceSpec()), Skip)
