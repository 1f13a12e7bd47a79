"""Which programs an engine is made of here."""

from dinp.knowledge.versions import OLDEST_ENGINE, parse_version
from dinp.model.choices import EnginePrograms
from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineSpec
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError

_NEEDED = {"dockerd": "the engine", "containerd": "its container runtime", "runc": "what starts its containers"}
_SHIM = "containerd-shim-runc-v2"


def choose_programs(facts: NodeFacts, spec: EngineSpec, iptables: str | None) -> tuple[EnginePrograms, Decision]:
    """The programs of one engine.

    Args:
        facts: what was found.
        spec: where else the user said to look.
        iptables: the packet filter's program, chosen before.

    Raises:
        WorldRefusedError: an indispensable program is missing.
    """
    absent = [name for name in (*_NEEDED, _SHIM) if facts.program(name) is None]
    if iptables is None:
        absent.append("iptables")
    if absent:
        raise WorldRefusedError(_missing(absent, facts, spec))
    engine = facts.program("dockerd") or ""
    version = facts.engine_version
    known = parse_version(version)
    if known is not None and known < OLDEST_ENGINE.version:
        raise WorldRefusedError(
            Problem(
                "engine-too-old",
                f"{engine} is Docker {version}; dinp needs {OLDEST_ENGINE} or newer for {OLDEST_ENGINE.what}.",
                "Install a newer one, or name its directory in engine.program_path.",
            )
        )
    directories = [path.rpartition("/")[0] for _, path in facts.programs]
    programs = EnginePrograms(
        engine=engine,
        version=version,
        init=facts.program("docker-init", "tini", "catatonit"),
        userland_proxy=facts.program("docker-proxy"),
        iptables=iptables,
        rootlesskit=facts.program("rootlesskit"),
        slirp4netns=facts.program("slirp4netns"),
        pasta=facts.program("pasta"),
        newuidmap=facts.program("newuidmap"),
        newgidmap=facts.program("newgidmap"),
        path=tuple(d for d in facts.search_path if d in set(directories)),
    )
    seen = f"{engine}, with containerd {facts.program('containerd')} and runc {facts.program('runc')}"
    decision = Decision(
        about="engine",
        seen=seen,
        chosen=f"dockerd {version or 'of unknown version'}",
        why="the first one in engine.program_path and then in PATH",
        would_change="another directory in engine.program_path",
    )
    return programs, decision


def _missing(absent: list[str], facts: NodeFacts, spec: EngineSpec) -> Problem:
    named = ", ".join(f"{name} ({_NEEDED[name]})" if name in _NEEDED else name for name in absent)
    places = ":".join(facts.search_path)
    hint = "" if spec.program_path else " or name their directory in engine.program_path"
    return Problem(
        "program-missing",
        f"Not found in {places}: {named}.",
        f"Install them (Debian and Ubuntu: docker.io; elsewhere: docker, moby-engine or docker-ce){hint}.",
    )
