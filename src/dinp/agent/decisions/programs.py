"""Which programs an engine is made of here."""

from collections.abc import Mapping

from dinp.knowledge.versions import OLDEST_BUILDKITD, OLDEST_ENGINE, OLDEST_PODMAN, Since, parse_version
from dinp.model.choices import EnginePrograms
from dinp.model.decision import Decision
from dinp.model.engine_spec import EngineKind, EngineSpec
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.value import Value

_SHIM = "containerd-shim-runc-v2"
_NAMES = {EngineKind.DOCKERD: "Docker", EngineKind.PODMAN: "podman", EngineKind.BUILDKITD: "buildkitd"}


class _Parts(Value):
    """What an engine of one kind is made of.

    Attributes:
        needed: program -> what it is for; names with `|` between them are alternatives.
        helpers: programs that its configuration names, where they are there.
        iptables: whether it writes rules of its own.
        packages: how to get them.
        oldest: the first version that will do; None where any will.
    """

    needed: Mapping[str, str]
    helpers: tuple[str, ...]
    iptables: bool
    packages: str
    oldest: Since | None


_RUNTIME = "what starts its containers"
_PARTS: Mapping[EngineKind, _Parts] = {
    EngineKind.DOCKERD: _Parts(
        {"dockerd": "the engine", "containerd": "its container runtime", "runc": _RUNTIME, _SHIM: ""},
        (),
        True,
        "Debian and Ubuntu: docker.io; elsewhere: docker, moby-engine or docker-ce",
        OLDEST_ENGINE,
    ),
    EngineKind.PODMAN: _Parts(
        {
            "podman": "the engine", "conmon": "what holds its containers", "crun|runc": _RUNTIME,
            "netavark": "its networks",
        },
        ("conmon", "crun", "runc", "netavark", "aardvark-dns", "fuse-overlayfs"),
        True,
        "podman, conmon, crun, netavark and aardvark-dns",
        OLDEST_PODMAN,
    ),
    EngineKind.BUILDKITD: _Parts(
        {"buildkitd": "the engine", "runc|crun": "what starts its build steps"},
        ("runc", "crun"),
        False,
        "runc from the distribution; buildkitd from its releases, or compiled from its Go module",
        OLDEST_BUILDKITD,
    ),
}  # fmt: skip


def choose_programs(facts: NodeFacts, spec: EngineSpec, iptables: str | None) -> tuple[EnginePrograms, Decision]:
    """The programs of one engine.

    Args:
        facts: what was found.
        spec: where else the user said to look.
        iptables: the packet filter's program, chosen before.

    Raises:
        WorldRefusedError: an indispensable program is missing.
    """
    parts = _PARTS[spec.kind]
    absent = [names for names in parts.needed if facts.program(*names.split("|")) is None]
    if iptables is None and parts.iptables:
        absent.append("iptables")
    if absent:
        raise WorldRefusedError(_missing(absent, facts, spec))
    engine = facts.program(spec.kind.value) or ""
    version = facts.engine_version
    known = parse_version(version)
    oldest = parts.oldest
    if known is not None and oldest is not None and known < oldest.version:
        raise WorldRefusedError(
            Problem(
                "engine-too-old",
                f"{engine} is {_NAMES[spec.kind]} {version}; dinp needs {oldest} or newer for {oldest.what}.",
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
        helpers=tuple((name, path) for name in parts.helpers if (path := facts.program(name)) is not None),
    )
    others = (names.split("|") for names in parts.needed if names not in (spec.kind.value, _SHIM))
    found = (facts.program(*names) or "" for names in others)
    seen = f"{engine}, with {' and '.join(map(_with_name, found))}"
    decision = Decision(
        about="engine",
        seen=seen,
        chosen=f"{spec.kind.value} {version or 'of unknown version'}",
        why="the first one in engine.program_path and then in PATH",
        would_change="another directory in engine.program_path",
    )
    return programs, decision


def _with_name(path: str) -> str:
    return f"{path.rpartition('/')[2]} {path}"


def _missing(absent: list[str], facts: NodeFacts, spec: EngineSpec) -> Problem:
    parts = _PARTS[spec.kind]
    named = ", ".join(_named(names, parts.needed.get(names, "")) for names in absent)
    places = ":".join(facts.search_path)
    hint = "" if spec.program_path else " or name their directory in engine.program_path"
    return Problem(
        "program-missing",
        f"Not found in {places}: {named}.",
        f"Install them ({parts.packages}){hint}; in a pod, images.agent must name an image that has them.",
    )


def _named(names: str, purpose: str) -> str:
    plain = names.replace("|", " or ")
    return f"{plain} ({purpose})" if purpose else plain
