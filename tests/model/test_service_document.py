"""The service spec: golden reports for what people read, and a schema that says what the parser does."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.validators import validator_for

from dinp.model import config_values
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_document import parse_service_spec
from dinp.model.service_keys import SERVICE
from dinp.model.service_spec import ServiceSpec, StorageKind
from tools.docs.service_schema import service_schema

CASES = Path(__file__).parents[1] / "golden" / "service"


def outcome(case: Path) -> str:
    settings_file = case / "settings"
    words = settings_file.read_text(encoding="utf-8").splitlines() if settings_file.exists() else []
    try:
        spec = parse_service_spec((case / "service.yaml").read_text(encoding="utf-8"), "service.yaml", settings=words)
    except BadInputError as error:
        return "".join(f"{each.code}\n  {each.sentence}\n  {each.remedy}\n" for each in error.problems)
    return f"{spec}\n"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_golden(case: Path, update: bool) -> None:
    seen = outcome(case)
    if update:
        (case / "expected.txt").write_text(seen, encoding="utf-8")
    assert seen == (case / "expected.txt").read_text(encoding="utf-8")


def test_nothing_asks_for_every_default() -> None:
    assert parse_service_spec("", "none") == ServiceSpec()


def test_settings_are_stronger_than_the_file_and_than_those_before() -> None:
    text = "storage: {kind: ephemeral, size: 1GiB, class: slow}\n"
    spec = parse_service_spec(text, "f", settings=["storage.size=2GiB", "storage.class=mid", "storage.class=fast"])
    assert (spec.storage.kind, spec.storage.size) == (StorageKind.EPHEMERAL, 2**31)
    assert spec.storage.storage_class == "fast"


def test_a_setting_of_a_list_has_commas() -> None:
    spec = parse_service_spec("", "f", settings=["engine.registries.mirrors=https://a,https://b"])
    assert spec.engine.registries.mirrors == ("https://a", "https://b")


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        (
            "engine: {isolation: rootless}\n",
            ["storage.kind=hostPath", "storage.path=/x"],
            ["--set storage.kind=hostPath:1:14: storage.kind is hostPath"],
        ),
        (
            "",
            ["storage.kind=hostPath"],
            ["--set storage.kind=hostPath:1:14: storage.kind is hostPath, but storage.path"],
        ),
        (
            "storage: {path: /x}\nendpoint: {port: 1}\n",
            ["storage.kind=ephemeral"],
            ["service.yaml:1:17: storage.path means nothing", "service.yaml:2:18: endpoint.port is set, but"],
        ),
        (
            "endpoint: {kind: tls}\n",
            ["endpoint.port=70000"],
            ['--set endpoint.port=70000:1:15: endpoint.port is "70000"'],
        ),
        (
            "storage: {kind: ephemeral}\n",
            ["storage.path=/x", "engine.options=nonsense=1"],
            [
                "--set engine.options=nonsense=1:1:16: engine.options: dockerd",
                "--set storage.path=/x:1:14: storage.path",
            ],
        ),
        ("authorities: {config_map: a}\n", ["authorities.secret=b"], ["--set authorities.secret=b:1:20: authorities"]),
    ],
)
def test_a_place_is_in_the_text_that_the_value_comes_from(text: str, words: list[str], places: list[str]) -> None:
    found = [problem.sentence for problem in problems_of(text, words)]
    assert [each[: len(place)] for each, place in zip(found, places, strict=True)] == places


KEYS = st.sampled_from([key.name for key in SERVICE] + ["engine.limits.memory", "storage.size", "x", "", "a..b"])
VALUES = st.sampled_from(["", "1GiB", "tls", "native", "{", "*x", "a: b", "1", "never", ","])


@settings(deadline=None)
@given(st.text(max_size=40), st.lists(st.builds("{}={}".format, KEYS, VALUES), max_size=3))
def test_any_text_and_settings_give_a_spec_or_problems(text: str, words: list[str]) -> None:
    for problem in problems_of(text, words):
        assert problem.sentence.startswith(("service.yaml:", "--set "))
        assert problem.remedy


def problems_of(text: str, words: list[str]) -> tuple[Problem, ...]:
    try:
        parse_service_spec(text, "service.yaml", settings=words)
    except BadInputError as error:
        return error.problems
    return ()


def test_the_schema_knows_every_key() -> None:
    schema = json.loads(service_schema())
    assert list(schema["properties"]) == [key.name for key in SERVICE]
    assert schema["properties"]["engine"]["properties"]["limits"]["additionalProperties"] is False


TEXTS = [
    "4GiB",
    "4G",
    "4Gi",
    "4KB",
    "4 GiB",
    "4",
    "GiB",
    "1.5Gi",
    "20GB",
    "3kB",
    "5B",
    "4Kb",
    "1h30m",
    "90s",
    "10",
    "5 m",
    "1.5s",
    "",
    "x",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_schema_accepts_what_the_parser_reads(text: str) -> None:
    properties = json.loads(service_schema())["properties"]
    size = properties["resources"]["properties"]["requests"]["properties"]["memory"]["pattern"]
    duration = properties["engine"]["properties"]["drain_within"]["pattern"]
    assert reads(config_values.read_size, text) == bool(re.search(size, text))
    assert reads(config_values.read_finite_duration, text) == bool(re.search(duration, text))


DOCUMENTS = [
    "storage: {size: 1MiB}", "storage: {size: 63.99MiB}", "storage: {size: 64MiB}", "storage: {size: 0064.0 MiB}",
    "storage: {size: 65535KiB}", "storage: {size: 65536Ki}", "storage: {size: 0.0625GiB}", "storage: {size: 0.06GiB}",
    "storage: {size: 67108863B}", "storage: {size: 67108864B}", "storage: {size: 67.2MB}", "storage: {size: 67.1MB}",
    "storage: {size: 1TiB}", "storage: {size: 0.00007TB}", "storage: {size: .5GiB}", "storage: {size: 20}",
    "engine: {limits: {pids: 1}}", "engine: {limits: {pids: 64}}", "engine: {limits: {pids: '63'}}",
    "engine: {limits: {pids: '0064'}}", "engine: {limits: {pids: 9999}}", "engine: {limits: {cpus: 0.001}}",
    "engine: {limits: {cpus: '0.009'}}", "engine: {limits: {cpus: '0.01'}}", "engine: {limits: {cpus: '00.5'}}",
    "engine: {limits: {cpus: 2}}", "resources: {limits: {memory: 1B}}", "resources: {limits: {memory: 1GiB}}",
    "resources: {requests: {memory: 1B}}", "resources: {limits: {cpu: 0.001}}",
    "endpoint: {kind: tcp, port: 99999}", "endpoint: {kind: tcp, port: 65535}", "endpoint: {kind: tls, port: '65536'}",
    "endpoint: {kind: tls, port: '065535'}", "endpoint: {port: 2375}", "endpoint: {kind: unix, port: 2375}",
    "endpoint: {kind: tcp, port: 0}", "endpoint: {kind: tcp}",
    "authorities: {}", "authorities:", "authorities: {config_map: a, secret: b}", "authorities: {secret: b}",
    "storage: {kind: hostPath}", "storage: {kind: hostPath, path: /a}", "storage: {kind: hostPath, path: a}",
    "storage: {kind: persistentVolumeClaim}", "storage: {kind: persistentVolumeClaim, claim: a}",
    "storage: {kind: persistentVolumeClaim, claim: a, size: 1GiB}", "storage: {path: /a}", "storage: {claim: a}",
    "storage: {class: a}", "storage: {kind: ephemeral, class: a, size: 1GiB}", "storage: {kind: emptyDir, size: 1GiB}",
    "credentials: 5", "credentials: true", "credentials: ''", "credentials:", "credentials: [a]",
    "images: {agent: a b}", "images: {agent: 'A:1'}", "images: {agent: a/b}", "images: {agent: 'a:b:c'}",
    "images: {agent: 'localhost:5000/a/b-c__d:1.2_x'}", "images: {agent: '[::1]:5000/a'}", "images: {agent: 'a:'}",
    f"images: {{agent: 'a@sha256:{'0a' * 32}'}}", "images: {agent: 'Reg.example/a'}", "images: {agent: /a}",
    "storage:", "engine:", "topology: pool", "form: native", "x: 1",
]  # fmt: skip


@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_schema_accepts_the_files_that_the_parser_takes(text: str) -> None:
    schema = json.loads(service_schema())
    validator = validator_for(schema)(schema)
    assert validator.is_valid(yaml.safe_load(text)) == (not problems_of(text, []))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (["requests.memory=4GiB", "limits.memory=1GiB"], "memory"),
        (["requests.cpu=2", "limits.cpu=1.5"], "cpu"),
        (["limits.ephemeral_storage=1GiB", "requests.ephemeral_storage=2GiB"], "ephemeral_storage"),
    ],
)
def test_a_request_above_its_limit_is_refused(settings: list[str], key: str) -> None:
    (problem,) = problems_of("", [f"resources.{each}" for each in settings])
    assert f"resources.requests.{key} is more than resources.limits.{key}" in problem.sentence
    assert not problems_of("", ["resources.requests.memory=1GiB", "resources.limits.memory=1024MiB"])


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("dns=1.1.1.1,8.8.8.8", {"dns": ("1.1.1.1", "8.8.8.8")}),
        ("dns=1.1.1.1,8.8.8.8,debug=true", {"dns": ("1.1.1.1", "8.8.8.8"), "debug": True}),
        (r"labels=a=1\,b=2,debug=true", {"labels": ("a=1", "b=2"), "debug": True}),
    ],
)
def test_an_options_value_may_have_commas_on_the_command_line(value: str, options: dict[str, object]) -> None:
    spec = parse_service_spec("", "f", settings=[f"engine.options={value}"])
    assert dict(spec.engine.options) == options


def test_an_option_without_a_value_is_named_as_it_was_written() -> None:
    (problem,) = problems_of("", ["engine.options=debgu"])
    assert '"debgu"' in problem.sentence


def reads(read: object, text: str) -> bool:
    assert callable(read)
    try:
        read(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "setting",
    [
        "mirrors=[https://a]", "mirrors=a", "mirrors=ftp://a", "mirrors=https://", "mirrors=https://a/b",
        "mirrors=https://user@a", "insecure=http://a:5000", "insecure=[a]x", "insecure=a b",
    ],
)  # fmt: skip
def test_a_registry_that_no_engine_would_take_is_refused(setting: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_service_spec("", "f", settings=[f"engine.registries.{setting}"])
    assert setting.partition("=")[2] in str(refused.value)


@pytest.mark.parametrize(
    "setting",
    [
        "mirrors=http://a:5000/",
        "mirrors=https://[::1]:5000",
        "insecure=a:5000",
        "insecure=[::1]:5",
        "insecure=10.0.0.0/8",
    ],
)
def test_every_form_of_a_registrys_name_is_taken(setting: str) -> None:
    parse_service_spec("", "f", settings=[f"engine.registries.{setting}"])
