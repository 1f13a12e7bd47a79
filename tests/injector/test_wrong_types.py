"""Whatever stands at any place of a workload, there is an answer: it works, or it is refused with its place."""

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dinp.injector.api_object import eject_object, inject_object
from dinp.injector.documents import eject, inject
from dinp.injector.vocabulary import Inject, Refuse, Skip
from dinp.manifests.edit_values import edited
from dinp.manifests.yaml_text import yaml_text
from dinp.model.problem import BadInputError
from dinp.model.service_spec import ServiceSpec
from tests.injector.test_properties import SPECS
from tests.injector.workloads import objects

SOMETHING = st.sampled_from(
    [
        *(None, True, False, 0, 5, 1.5, "", "text", "/var/run", [], [None], ["x"], [5], [[]], [{}], {}, {"a": "b"}),
        *({"a": None}, {"name": "a"}, [{"name": "a"}, {"name": "a"}], {"path": "/run"}, {"emptyDir": {}}),
    ]
)
MANY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def places(thing: Any) -> list[tuple[Any, Any]]:
    """Every mapping and list with each of its keys."""
    below = (
        list(thing.items()) if isinstance(thing, dict) else list(enumerate(thing)) if isinstance(thing, list) else []
    )
    return [(thing, key) for key, _ in below] + [place for _, each in below for place in places(each)]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A workload with something else at one of its places."""
    thing = deepcopy(draw(objects()))
    holder, key = draw(st.sampled_from(places(thing)))
    holder[key] = draw(SOMETHING)
    return thing


def placed(error: BadInputError) -> None:
    """Every problem has its place and a way out."""
    assert all(each.sentence.startswith("file.yaml:") and each.remedy for each in error.problems)


@MANY
@given(spoilt(), SPECS, st.sampled_from([yaml_text, json.dumps]))
def test_a_text(thing: Any, spec: ServiceSpec, written: Any) -> None:
    text = written(thing)
    try:
        injected = inject(text, "file.yaml", spec).text
    except BadInputError as error:
        placed(error)
        return
    assert eject(injected, "file.yaml").text == text


@MANY
@given(spoilt(), SPECS)
def test_an_object_of_the_api(thing: Any, spec: ServiceSpec) -> None:
    answer = inject_object(thing, spec)
    if not isinstance(answer, Inject):
        assert isinstance(answer, Refuse | Skip)
        return
    injected = edited(thing, answer.edits)
    back = eject_object(injected)
    assert isinstance(back, Inject)
    assert edited(injected, back.edits) == thing


@MANY
@given(objects(), SPECS, st.data())
def test_what_was_spoilt_after_the_injection(thing: Any, spec: ServiceSpec, data: st.DataObject) -> None:
    try:
        read = yaml.safe_load(inject(yaml_text(thing), "file.yaml", spec).text)
    except BadInputError:
        return
    holder, key = data.draw(st.sampled_from(places(read)))
    holder[key] = data.draw(SOMETHING)
    try:
        eject(yaml_text(read), "file.yaml")
    except BadInputError as error:
        placed(error)


@pytest.mark.parametrize("key", ["env", "volumeMounts"])
def test_a_list_that_a_merge_key_brings_is_refused_with_its_place(key: str) -> None:
    text = f"base: &base {{{key}: []}}\nkind: Pod\nspec:\n  containers:\n  - <<: *base\n    name: a\n    image: x\n"
    with pytest.raises(BadInputError, match=r"file.yaml:\d+:\d+: "):
        inject(text, "file.yaml", ServiceSpec())
