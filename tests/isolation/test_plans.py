"""The launch plans of the kinds of isolation, written out: what the launcher will do, step by step."""

from pathlib import Path

import pytest

from dinp.agent.link_plans import link_plan
from dinp.agent.preflight import preflight
from dinp.engines.all_engines import ENGINES
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.isolation.isolation import Identity
from dinp.model.choices import Choices
from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_places import TenantDirectories
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Limits
from dinp.model.id_range import IdRange
from dinp.model.launch_plan import LaunchPlan, Link, Namespace, TextFile
from dinp.model.node_facts import NodeFacts
from dinp.model.tenant import Tenant, Workspace
from dinp.model.value import replace
from tests.agent.machines import ROOT, USER, with_buildkitd, without

GOLDEN = Path(__file__).parents[1] / "golden/isolation"
TENANT = Tenant("team-a", UnixEndpoint("/run/dinp/team-a/docker.sock"), workspaces=(Workspace("/home/ci/project"),))
STATE = "/var/lib/dinp/tenants/team-a"
DIRECTORIES = TenantDirectories(
    data=f"{STATE}/data",
    run=f"{STATE}/run",
    door=f"{STATE}/door",
    staging=f"{STATE}/staging",
    socket=str(TENANT.socket),
)
SPEC = EngineSpec(limits=Limits(memory=2**30))


def plan_of(
    kind: IsolationKind, facts: NodeFacts, engine: EngineKind = EngineKind.DOCKERD, tenant: Tenant = TENANT
) -> LaunchPlan:
    spec = EngineSpec(kind=engine, isolation=kind, limits=SPEC.limits)
    choices = preflight(facts, spec)
    isolation = ISOLATIONS[kind]
    command = ENGINES[engine].command(spec, choices, kind, isolation.places(DIRECTORIES), None)
    return isolation.plan(tenant, spec, choices, identity_for(choices, kind), DIRECTORIES, command)


def identity_for(choices: Choices, kind: IsolationKind) -> Identity:
    needs = ISOLATIONS[kind].NEEDS
    return Identity(
        ids=IdRange(0x4000_0000) if needs.ids else None,
        link=link_plan(choices, "1a2b", 0) if needs.link else None,
        cgroup="dinp-1a2b/team-a" if choices.cgroup_limits else None,
        python=("/usr",),
        own_root=("own-root",),
    )


def written_out(plan: LaunchPlan) -> str:
    lines = ["command"]
    lines += [f"  {word}" for word in plan.argv]
    lines += ["environment", *(f"  {name}={value}" for name, value in plan.env)]
    lines += [f"sockets from {plan.first_fd} on, LISTEN_PID {plan.listen_pid or 'set by the command'}"]
    names = sorted(namespace.name.lower() for namespace in plan.namespaces)
    lines += [f"namespaces of its own: {', '.join(names) or 'those that the command makes'}"]
    lines += [f"ids: {plan.ids}", f"group: {plan.cgroup}, {plan.limits}"]
    lines += [f"link: {plan.link.host_name if plan.link is not None else None}"]
    lines += [f"tree{' of its own' if plan.private_root else ''}{', later mounts seen' if plan.follows_mounts else ''}"]
    for step in (*plan.tree, *plan.inside):
        lines.append(f"  {step}" if not isinstance(step, TextFile) else f"  TextFile({step.target}, {step.mode:o})")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", IsolationKind)
def test_plan(kind: IsolationKind, update: bool) -> None:
    golden = GOLDEN / f"{kind.value}.txt"
    text = written_out(plan_of(kind, USER if kind is IsolationKind.ROOTLESS else ROOT))
    if update:
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("kind", [IsolationKind.ROOTFUL, IsolationKind.ROOTLESS])
def test_plan_of_an_engine_that_sees_only_workspaces(kind: IsolationKind, update: bool) -> None:
    golden = GOLDEN / f"{kind.value}-only-workspaces.txt"
    facts = USER if kind is IsolationKind.ROOTLESS else ROOT
    plan = plan_of(kind, facts, tenant=replace(TENANT, only_workspaces=True))
    steps = [step.text for step in plan.tree if isinstance(step, TextFile) and step.target.endswith("/own-root")]
    text = written_out(plan) + "".join(steps)
    if update:
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


def test_userns_sees_only_workspaces_anyway() -> None:
    apart = replace(TENANT, only_workspaces=True)
    assert plan_of(IsolationKind.USERNS, ROOT, tenant=apart) == plan_of(IsolationKind.USERNS, ROOT)


def test_plan_of_rootless_buildkitd(update: bool) -> None:
    golden = GOLDEN / "rootless-buildkitd.txt"
    text = written_out(plan_of(IsolationKind.ROOTLESS, with_buildkitd(USER), EngineKind.BUILDKITD))
    if update:
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


def test_directories_of_a_rootless_engine_are_made_in_the_copies_of_etc_and_run() -> None:
    plan = plan_of(IsolationKind.ROOTLESS, with_buildkitd(USER), EngineKind.BUILDKITD)
    texts = {step.target.rpartition("/")[2]: step.text.split() for step in plan.tree if isinstance(step, TextFile)}
    assert {"/run/buildkit", "/etc/buildkit"} <= set(texts["own-directories"])
    assert set(texts["own-directories"]) <= set(texts["own-names"])


def test_only_userns_gives_each_tenant_ids_of_its_own() -> None:
    assert [kind for kind in IsolationKind if ISOLATIONS[kind].NEEDS.ids] == [IsolationKind.USERNS]


def test_only_rootful_comes_with_a_warning_and_without_a_user_namespace() -> None:
    assert [kind for kind in IsolationKind if ISOLATIONS[kind].NEEDS.caution] == [IsolationKind.ROOTFUL]
    assert Namespace.USER not in plan_of(IsolationKind.ROOTFUL, ROOT).namespaces


def test_slirp4netns_is_taken_before_pasta() -> None:
    both = replace(USER, programs=(*USER.programs, ("pasta", "/usr/bin/pasta")))
    alone = replace(without(both, "slirp4netns"), pasta_version="pasta 2024_02_20.1e6f92b")
    assert "--net=slirp4netns" in plan_of(IsolationKind.ROOTLESS, both).argv
    assert "--net=pasta" in plan_of(IsolationKind.ROOTLESS, alone).argv


@pytest.mark.parametrize("kind", IsolationKind)
def test_the_engine_calls_the_packet_filter_that_was_chosen(kind: IsolationKind) -> None:
    plan = plan_of(kind, USER if kind is IsolationKind.ROOTLESS else ROOT)
    links = {step.target: step.to for step in plan.tree if isinstance(step, Link)}
    first = dict(plan.env)["PATH"].split(":")[0]
    assert links[f"{first}/iptables"] == "/usr/bin/iptables-nft"
    assert links[f"{first}/ip6tables"] == "/usr/bin/ip6tables-nft"
