"""The configuration: golden cases for what people read, properties for what must never happen."""

import json
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.agent_config import AgentConfig
from dinp.model.config_document import Ground, parse_agent_config
from dinp.model.config_keys import AGENT, Key
from dinp.model.config_section import IdLookup
from dinp.model.engine_spec import EngineSpec, Limits
from dinp.model.problem import BadInputError
from dinp.model.value import as_data

CASES = Path(__file__).parents[1] / "golden" / "config"
GROUND = Ground(
    own_tree=lambda isolation, kind: ISOLATIONS[isolation].own_tree(kind),
    real=lambda path: path.replace("/link", "/var/lib"),
)
IDS = IdLookup(user={"ci": 1000}.get, group={"docker": 999}.get)


def outcome(text: str) -> str:
    """What a person gets: the configuration as JSON, or the problems."""
    try:
        config = parse_agent_config(text, "agent.yaml", directory="/etc/dinp", ids=IDS, ground=GROUND)
    except BadInputError as error:
        return "".join(f"{problem.code}\n  {problem.sentence}\n  {problem.remedy}\n" for problem in error.problems)
    return json.dumps(
        as_data(config), indent=2, default=lambda value: value.value if isinstance(value, Enum) else value
    )


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_golden(case: str, update: bool) -> None:
    expected = CASES / case / "expected.txt"
    seen = outcome((CASES / case / "agent.yaml").read_text(encoding="utf-8")).rstrip() + "\n"
    if update:
        expected.write_text(seen, encoding="utf-8")
    assert seen == expected.read_text(encoding="utf-8")


LEAST = "state_dir: /s\ntenants:\n- {name: a, socket: /run/a.sock}\n"


@pytest.mark.parametrize("isolation", ["rootless", "rootful"])
def test_a_workspace_covers_nothing_where_an_engine_sees_the_agents_files_unless_it_has_only_its_workspaces(
    isolation: str,
) -> None:
    whole = "state_dir: /s\ntenants: [{name: a, socket: /run/a.sock, workspaces: [{path: /}]}]\n"
    engine = f"engine: {{isolation: {isolation}}}\n"
    assert '"path": "/"' in outcome(whole + engine)
    alone = whole.replace("name: a", "name: a, only_workspaces: true")
    assert "workspace-not-free" in outcome(alone + engine)


def test_defaults_are_those_of_the_engine_spec() -> None:
    assert parse_agent_config(LEAST, "agent.yaml").engine == EngineSpec()


def keys_below(keys: tuple[Key, ...]) -> list[Key]:
    return [each for key in keys for each in (key, *keys_below(key.keys))]


def test_written_defaults_say_what_holds_without_the_key() -> None:
    text = f"{LEAST}engine: {{kind: dockerd, idle_stop_after: 10m, drain_within: 30s}}\n"
    assert parse_agent_config(text, "agent.yaml") == parse_agent_config(LEAST, "agent.yaml")
    mode = '- {name: a, socket: /run/a.sock, mode: "0660", workspaces: [{path: /w, read_only: false}]}'
    tenants = parse_agent_config(f"state_dir: /s\ntenants:\n{mode}\n", "agent.yaml").tenants
    assert tenants[0].socket.mode == parse_agent_config(LEAST, "agent.yaml").tenants[0].socket.mode
    assert not tenants[0].workspaces[0].read_only


def test_every_key_has_a_sentence_and_a_default_or_is_required() -> None:
    for key in keys_below(AGENT):
        assert key.sentence.endswith("."), key.name
        assert key.required != bool(key.default), key.name


@pytest.mark.parametrize("kind", [EngineSpec, Limits])
def test_every_field_of_the_engine_has_a_key(kind: type[EngineSpec] | type[Limits]) -> None:
    names = {key.name for key in keys_below(AGENT)}
    assert set(kind.__match_args__) <= names


def test_durations_and_sizes() -> None:
    engine = "engine: {idle_stop_after: 1h30m, drain_within: 1.5s, limits: {memory: 512MiB, disk: 20GB, cpus: 0.5}}"
    spec = parse_agent_config(f"{LEAST}{engine}", "agent.yaml").engine
    assert (spec.idle_stop_after, spec.drain_within) == (5400.0, 1.5)
    assert spec.limits == Limits(memory=512 * 2**20, cpus=0.5, disk=20 * 10**9)


def test_problems_of_json_have_their_places_too() -> None:
    with pytest.raises(BadInputError) as refused:
        parse_agent_config('{"state_dir": "/s",\n "tenants": [{"name": "A", "socket": "/run/a.sock"}]}', "agent.json")
    assert [problem.sentence for problem in refused.value.problems] == ['agent.json:2:23: tenants[0].name is "A".']


def test_never_stops() -> None:
    assert parse_agent_config(f"{LEAST}engine: {{idle_stop_after: never}}", "f").engine.idle_stop_after is None


def parsed(text: str) -> AgentConfig | None:
    """The configuration, or None after a look at every problem."""
    try:
        return parse_agent_config(text, "agent.yaml")
    except BadInputError as error:
        problems = error.problems
    assert problems
    for problem in problems:
        file, line, column, _ = problem.sentence.split(":", 3)
        assert file == "agent.yaml"
        assert 1 <= int(line) <= 2 + sum(map(text.count, "\n\r\x85\u2028\u2029"))
        assert int(column) >= 1
        assert problem.remedy
        assert "\n" not in str(problem)
    return None


@given(st.text())
def test_any_text_gives_a_config_or_located_problems(text: str) -> None:
    parsed(text)


KEYS = [key.name for key in keys_below(AGENT)]
VALUES = [
    "a",
    "/run/a.sock",
    "4GiB",
    "10m",
    "never",
    "0660",
    "127.0.0.1:80",
    "[::1]:1",
    "10.0.0.0/8",
    "true",
    "~",
    "''",
]
SIGNS = ["-1", "1e9", ".5", "null", "*x", "&x", "!t", "<<", "?", "|", ">"]
WORDS = st.sampled_from([*KEYS, *VALUES, *SIGNS])
YAMLISH = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), WORDS, st.one_of(WORDS, st.just(""), st.text(max_size=5))), max_size=15
).map(lambda rows: "\n".join(f"{'  ' * depth}{'- ' if item else ''}{key}: {value}" for depth, item, key, value in rows))


@settings(max_examples=300)
@given(YAMLISH)
def test_text_that_looks_like_a_configuration_never_crashes(text: str) -> None:
    parsed(text)


@given(st.lists(st.sampled_from(["[", "{", "- ", "? ", "a: ", "}", "]", "\n", "  "]), max_size=200).map("".join))
def test_brackets_of_any_kind_never_crash(text: str) -> None:
    parsed(text)


def test_deep_nesting_is_refused_without_exhausting_the_stack() -> None:
    assert parsed("[" * 50_000) is None
    assert parsed("- " * 20_000 + "a") is None


@given(st.integers(0, 140))
def test_socket_paths_as_long_as_the_kernel_takes_them(length: int) -> None:
    path = "/d/" + "s" * max(1, length - 3)
    config = parsed(f"state_dir: /s\ntenants: [{{name: a, socket: {path}}}]")
    assert (config is not None) == (len(path) <= 107)
