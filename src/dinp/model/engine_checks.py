"""What must hold together in an engine's section of a configuration, beyond each key by itself."""

from __future__ import annotations

from collections.abc import Callable

from dinp.model.config_section import Report, Section, shown
from dinp.model.engine_options import OPTIONS, OWNED, nearest_option, read_option
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Ulimit
from dinp.model.nodes import Place
from dinp.model.workspace_check import OwnPlaces, refusal, trespass_of_link

ULIMITS = (
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
)  # fmt: skip
"""The names that `docker run --ulimit` knows (github.com/docker/go-units, ulimit.go)."""

_ONE_SOCKET = "buildkitd takes over one socket only (cmd/buildkitd/main_unix.go, listenFD)"
_NO_TLS = "podman's API service speaks no TLS (podman-system-service(1))"

REFUSED_DOORS = {
    (EngineKind.BUILDKITD, False): _ONE_SOCKET,
    (EngineKind.BUILDKITD, True): _ONE_SOCKET,
    (EngineKind.PODMAN, True): _NO_TLS,
}
"""(kind, whether with TLS) -> why such an engine cannot serve a TCP port besides its unix socket."""

NOT_ROOTLESS = {EngineKind.PODMAN: "podman tells rootlesskit of no port that it publishes"}
"""Kind -> why an ordinary user cannot have such an engine."""


def ulimit_in(text: str) -> Ulimit | None:
    """`nofile=1024:2048` or `nofile=1024`; None when it is neither."""
    name, equals, amounts = text.partition("=")
    soft, colon, hard = amounts.partition(":")
    if not equals or name not in ULIMITS or not _is_amount(soft) or (colon and not _is_amount(hard)):
        return None
    limit = Ulimit(name, int(soft), int(hard) if colon else int(soft))
    return limit if limit.hard == -1 or -1 < limit.soft <= limit.hard else None


def _is_amount(text: str) -> bool:
    return text == "-1" or (text.isascii() and text.isdigit())


def check_door(tcp: Section | None, kind: EngineKind, report: Report) -> None:
    """Report a TCP port that an engine of this kind cannot serve."""
    if tcp is None:
        return
    why = REFUSED_DOORS.get((kind, "tls" in tcp.places))
    if why is not None:
        sentence = f"{tcp.path} cannot be served: {why}."
        report.add("engine-kind-socket", tcp.place, sentence, "Remove it: clients use the unix socket.")


def check_workspaces(tenant: Section, own: OwnPlaces, real: Callable[[str], str], report: Report) -> None:
    """Report workspaces that would cover or show what is not for tenants, themselves or by what they are links to."""
    for each in tenant.items("workspaces", Section):
        path = each.take("path", str, "")
        if path and (words := trespass_of_link(path, real(path), own)):
            problem = refusal(path, words)
            report.add(problem.code, each.places["path"], f"{each.path}.path: {problem.sentence}", problem.remedy)


def check_engine(section: Section | None, spec: EngineSpec, report: Report) -> None:
    """Report what this kind of engine cannot do.

    Args:
        section: as it was read; None where there is none.
        spec: what became of it.
        report: takes the problems.
    """
    if section is None:
        return
    if spec.isolation is IsolationKind.ROOTLESS and spec.kind in NOT_ROOTLESS:
        report.add(
            "engine-kind-isolation",
            section.places["isolation"],
            f"{section.path}.isolation is rootless, in which dinp does not start {spec.kind.value}:"
            f" {NOT_ROOTLESS[spec.kind]}.",
            "Run the agent as root with userns, or choose dockerd or buildkitd.",
        )
    if "ulimits" in section.places:
        place = section.places["ulimits"]
        if spec.kind is EngineKind.BUILDKITD:
            sentence = f"{section.path}.ulimits mean nothing to buildkitd, which has no default for them."
            report.add("config-bad-value", place, sentence, "Remove them; `buildx build --ulimit` sets them.")
        unnamed = {"nofile", "nproc"} - {each.name for each in spec.ulimits}
        if unnamed and spec.kind is EngineKind.PODMAN:
            sentence = f"{section.path}.ulimits leave out {' and '.join(sorted(unnamed))}."
            remedy = "Name nofile and nproc: podman would ask for 1048576, which the kernel refuses to most engines."
            report.add("config-bad-value", place, sentence, remedy)
        for text in section.items("ulimits", str):
            limit = ulimit_in(text)
            if limit is not None and limit.soft != limit.hard and spec.kind is EngineKind.PODMAN:
                sentence = f"{section.path}.ulimits has {shown(text)}, but podman's Docker API takes one for the other."
                remedy = f"Write one amount, e.g. {limit.name}={limit.hard}."
                report.add("config-bad-value", place, sentence, remedy)
            if limit is None:
                remedy = f"Write NAME=SOFT:HARD, e.g. nofile=1024:4096; names are {', '.join(ULIMITS)}."
                report.add("config-bad-value", place, f"{section.path}.ulimits has {shown(text)}.", remedy)
    _check_registries(section.section("registries"), report)
    seen: set[str] = set()
    for text in section.items("options", str):
        _check_option(text, seen, spec.kind, f"{section.path}.options", section.places["options"], report)


def _check_registries(section: Section | None, report: Report) -> None:
    """Report what every engine would refuse when it starts (moby: registry/config.go, ValidateMirror)."""
    if section is None:
        return
    for text in section.items("mirrors", str):
        scheme, _, host = text.partition("://")
        if scheme not in {"http", "https"} or not _is_host(host.removesuffix("/")):
            remedy = "Write https://HOST or https://HOST:PORT (or http), without a path."
            report.add(
                "config-bad-value", section.places["mirrors"], f"{section.path}.mirrors has {shown(text)}.", remedy
            )
    for text in section.items("insecure", str):
        if not _is_host(text.partition("/")[0]) or "://" in text:
            remedy = "Write HOST, HOST:PORT or a range such as 10.0.0.0/8, without http://."
            report.add(
                "config-bad-value", section.places["insecure"], f"{section.path}.insecure has {shown(text)}.", remedy
            )


def _is_host(text: str) -> bool:
    """A name or an address, with or without a port; an IPv6 address stands in brackets."""
    if text.startswith("["):
        name, closing, port = text[1:].partition("]")
        return bool(name and closing) and (not port or port.startswith(":"))
    return bool(text) and not set(text) & set(" \t,[]/?#@'\"<>")


def _check_option(text: str, seen: set[str], kind: EngineKind, path: str, place: Place, report: Report) -> None:
    name, equals, words = text.partition("=")
    why = OWNED[kind].get(name)
    if why is not None:
        report.add("engine-option", place, f"{path}: {shown(name)} is dinp's own to set.", f"{why}.")
    elif name not in OPTIONS[kind]:
        near = nearest_option(kind, name)
        remedy = f"Did you mean {near}?" if near else "`docs/reference/engine-kinds.md` has the list."
        report.add("engine-option", place, f"{path}: {kind.value} has no option {shown(name)}.", remedy)
    elif not equals or read_option(OPTIONS[kind][name], words) is None:
        remedy = f"Write {name}=VALUE, where VALUE is {OPTIONS[kind][name].value}."
        report.add("engine-option", place, f"{path} has {shown(text)}.", remedy)
    elif name in seen:
        report.add("engine-option", place, f"{path} has {shown(name)} twice.", "Keep one of them.")
    seen.add(name)
