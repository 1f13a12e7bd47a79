"""What must hold for every workload in every layout."""

import json

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dinp.injector.documents import eject, inject
from dinp.manifests.yaml_text import yaml_text
from dinp.manifests.yaml_tree import parse, value
from dinp.model.problem import BadInputError
from dinp.model.service_spec import ServiceSpec
from tests.injector.additions import ADDITIONS, with_additions
from tests.injector.workloads import SPECS, objects, texts

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def injected(text: str, spec: ServiceSpec) -> str | None:
    """The text after injection; None where it was refused, with every reason in its place."""
    try:
        return inject(text, "file.yaml", spec).text
    except BadInputError as error:
        for problem in error.problems:
            assert problem.sentence.startswith("file.yaml:")
            assert problem.remedy
        return None


@SLOW
@given(texts(), SPECS)
def test_eject_takes_back_what_inject_did(text: str, spec: ServiceSpec) -> None:
    result = injected(text, spec)
    if result is not None:
        assert eject(result, "file.yaml").text == text
        assert inject(result, "file.yaml", spec).text == result


@SLOW
@given(objects(), SPECS)
def test_eject_takes_it_back_after_other_programs_wrote_the_file_anew(thing: dict, spec: ServiceSpec) -> None:
    result = injected(yaml_text(thing), spec)
    if result is None:
        return
    (read,) = (value(root) for root in parse(result))
    for text in (json.dumps(read), yaml.safe_dump(read), yaml.safe_dump(read, default_flow_style=True)):
        assert [value(root) for root in parse(eject(text, "file.yaml").text)] == [thing]


@SLOW
@given(objects(), SPECS, ADDITIONS)
def test_what_people_add_to_an_injected_file_stays(thing: dict, spec: ServiceSpec, added: list) -> None:
    result = injected(yaml_text(thing), spec)
    if result is None or result == yaml_text(thing):
        return
    (read,) = (value(root) for root in parse(result))
    text = yaml_text(with_additions(read, added))
    assert [value(root) for root in parse(eject(text, "file.yaml").text)] == [with_additions(thing, added)]


PIECES = [
    *("kind: Pod", "spec:", "  containers:", "  - name: a", "    image: x", "- b", "a: &x b", "c: *x", "? k", "[", "{"),
    *("}", "  volumes: []", "    env: {}", "    env: text", "    - 1", "---", "...", "|", "'", "\t", "\ufeff", "", "#"),
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("\n".join), st.booleans())
def test_whatever_the_text_is_there_is_an_answer(text: str, ended: bool) -> None:
    text = f"{text}\n" if ended else text
    result = injected(text, ServiceSpec())
    if result is not None and result != text:
        assert eject(result, "file.yaml").text == text


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    assert injected("[" * 3000, ServiceSpec()) is None
    assert injected(f"a: {'[' * 2000}{']' * 2000}", ServiceSpec()) is None


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert injected("\n".join(lines), ServiceSpec()) is None
