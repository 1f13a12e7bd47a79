"""A configuration as text in, an AgentConfig out, or every problem at once, each with `file:line:column`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import isinf

from dinp.model.agent_config import AgentConfig
from dinp.model.config_keys import AGENT
from dinp.model.config_section import IdLookup, Reader, Report, Section, shown
from dinp.model.endpoint import LONGEST_SOCKET_PATH, TcpEndpoint, TlsFiles, UnixEndpoint, room_for_path
from dinp.model.engine_checks import check_door, check_engine, check_workspaces, ulimit_in
from dinp.model.engine_options import options_in
from dinp.model.engine_spec import EngineKind, EngineSpec, IsolationKind, Limits, Proxy, Registries
from dinp.model.json_nodes import parse_json
from dinp.model.launch_plan import TreeStep
from dinp.model.nodes import Node, Place
from dinp.model.problem import BadInputError
from dinp.model.tenant import Tenant, Workspace
from dinp.model.value import Value
from dinp.model.workspace_check import OwnPlaces

NO_NAMES = IdLookup(user=lambda _: None, group=lambda _: None)
"""A lookup for places without users: only numbers are ids."""

_DEFAULTS = EngineSpec()


class Ground(Value):
    """The machine on which engines will be started, as far as it says what can be a workspace.

    Attributes:
        own_tree: what an engine of that isolation and kind has in its tree, which workspaces must not cover.
        real: a path with its links followed.
    """

    own_tree: Callable[[IsolationKind, EngineKind], tuple[TreeStep, ...]]
    real: Callable[[str], str]


NO_GROUND = Ground(own_tree=lambda _isolation, _kind: (), real=lambda path: path)
"""For places where no engine is to be started: no workspace is in anything's way there."""


def parse_agent_config(
    text: str,
    file: str,
    *,
    directory: str = "",
    ids: IdLookup = NO_NAMES,
    ground: Ground = NO_GROUND,
) -> AgentConfig:
    """Read a configuration.

    Args:
        text: of the file.
        file: its name, for messages.
        directory: its absolute directory, where relative names of TLS files begin.
        ids: how names of users and groups become ids.
        ground: what workspaces must keep away from.

    Returns:
        The configuration, with every default filled in.

    Raises:
        BadInputError: with every problem that was found, in the order of the text.
    """
    quick = parse_json(text)
    if quick is not None:
        with suppress(BadInputError):  # which is told with its places below
            return _agent_config(quick, Report(file), directory, ids, ground)
    return _agent_config(_yaml(text, file), Report(file), directory, ids, ground)


def _yaml(text: str, file: str) -> Node:
    from dinp.model.yaml_nodes import YamlError, parse_yaml

    report = Report(file)
    try:
        node = parse_yaml(text)
    except YamlError as error:
        report.add("config-syntax", error.place, f"{error.what}.", error.remedy)
        raise BadInputError(*report.problems) from error
    if node is None:
        report.add("config-missing-key", Place(1, 1), "the file is empty.", "Write at least state_dir and one tenant.")
        raise BadInputError(*report.problems)
    return node


def _agent_config(node: Node, report: Report, directory: str, ids: IdLookup, ground: Ground) -> AgentConfig:
    root = Reader(report, ids).section(node, AGENT, "")
    tenants = tuple(_tenant(section, report, directory) for section in root.items("tenants", Section))
    if "tenants" in root.values and not tenants:
        report.add(
            "config-missing-key", root.places["tenants"], "tenants is empty.", "Name one: - {name: …, socket: …}."
        )
    _distinct(root, report)
    engine = read_engine(root.section("engine"), directory)
    check_engine(root.section("engine"), engine, report)
    for section in root.items("tenants", Section):
        check_door(section.section("tcp"), engine.kind, report)
    state_dir = root.take("state_dir", str, "")
    sockets = tuple(tenant.socket.path for tenant in tenants)
    for section in root.items("tenants", Section):
        if "workspaces" in section.values:
            # Without a word about it, root gets userns; with only_workspaces, others have the same in their own trees.
            alone = section.take("only_workspaces", bool, False)
            isolation = IsolationKind.USERNS if alone else engine.isolation or IsolationKind.USERNS
            own = OwnPlaces(ground.own_tree(isolation, engine.kind), (state_dir,), sockets)
            check_workspaces(section, own, ground.real, report)
    if report.problems:
        raise BadInputError(*report.problems)
    return AgentConfig(
        state_dir=state_dir,
        tenants=tenants,
        engine=engine,
    )


def _tenant(section: Section, report: Report, directory: str) -> Tenant:
    path = section.take("socket", str, "")
    if room_for_path(path) < 0:
        report.add(
            "config-socket-path",
            section.places["socket"],
            f"{section.path}.socket is {shown(path)}, {-room_for_path(path)} bytes too long for a unix socket"
            f" (unix(7): {LONGEST_SOCKET_PATH} bytes, of which a new listener's temporary name takes some).",
            "Choose a shorter directory.",
        )
    return Tenant(
        name=section.take("name", str, ""),
        socket=UnixEndpoint(
            path,
            mode=section.take("mode", int, 0o660),
            owner=section.take("owner", int, -1) if "owner" in section.values else None,
            group=section.take("group", int, -1) if "group" in section.values else None,
        ),
        tcp=_tcp(section.section("tcp"), report, directory),
        workspaces=tuple(
            Workspace(each.take("path", str, ""), each.take("read_only", bool, False))
            for each in section.items("workspaces", Section)
        ),
        only_workspaces=section.take("only_workspaces", bool, False),
    )


def _tcp(section: Section | None, report: Report, directory: str) -> TcpEndpoint | None:
    if section is None:
        return None
    address = section.take("address", tuple, ())
    if len(address) != 2:
        return None
    host, port = address
    tls = section.section("tls")
    if tls is None and "tls" not in section.places and not _is_loopback(host):
        report.add(
            "config-plain-tcp",
            section.places["address"],
            f"{section.path}.address is {host}:{port} without tls: whoever can send a packet there would command the"
            " engine.",
            "Add tls: {ca: …, certificate: …, key: …}, or listen on 127.0.0.1.",
        )
    files = None
    if tls is not None:
        ca, certificate, key = (_below(directory, tls.take(name, str, "")) for name in ("ca", "certificate", "key"))
        files = TlsFiles(ca, certificate, key)
    return TcpEndpoint(host, port, files)


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"


def _below(directory: str, file: str) -> str:
    return file if file.startswith("/") or not directory else f"{directory.rstrip('/')}/{file}"


def read_engine(section: Section | None, directory: str = "") -> EngineSpec:
    """An engine as the keys of a section ask for it; a service spec has the same section.

    Args:
        section: None where there is none.
        directory: where relative names of files begin.
    """
    if section is None:
        return _DEFAULTS
    idle = section.take("idle_stop_after", float, _DEFAULTS.idle_stop_after or 0.0)
    limits = section.section("limits")
    isolation = section.take("isolation", str, "")
    kind = EngineKind(section.take("kind", str, _DEFAULTS.kind.value))
    return EngineSpec(
        kind=kind,
        isolation=IsolationKind(isolation) if isolation else None,
        idle_stop_after=None if isinf(idle) else idle,
        limits=_limits(limits) if limits is not None else _DEFAULTS.limits,
        storage_driver=section.take("storage_driver", str, "") or None,
        drain_within=section.take("drain_within", float, _DEFAULTS.drain_within),
        address_pools=tuple(section.items("address_pools", str)),
        avoid_networks=tuple(section.items("avoid_networks", str)),
        registries=_registries(section.section("registries"), directory),
        proxy=_proxy(section.section("proxy")),
        program_path=tuple(section.items("program_path", str)),
        emulation=tuple(section.items("emulation", str)),
        ulimits=tuple(filter(None, map(ulimit_in, section.items("ulimits", str)))),
        options=options_in(kind, section.items("options", str)),
    )


def _proxy(section: Section | None) -> Proxy:
    if section is None:
        return Proxy()
    return Proxy(section.take("http", str, ""), section.take("https", str, ""), tuple(section.items("none", str)))


def _registries(section: Section | None, directory: str) -> Registries:
    if section is None:
        return Registries()
    authorities = tuple(_below(directory, file) for file in section.items("authorities", str))
    return Registries(tuple(section.items("mirrors", str)), tuple(section.items("insecure", str)), authorities)


def _limits(section: Section) -> Limits:
    return Limits(
        memory=section.take("memory", int, 0) or None,
        cpus=section.take("cpus", float, 0.0) or None,
        pids=section.take("pids", int, 0) or None,
        disk=section.take("disk", int, 0) or None,
    )


def _distinct(root: Section, report: Report) -> None:
    """Report names, sockets and ports that two tenants share."""
    names: dict[str, str] = {}
    sockets: dict[str, str] = {}
    ports: list[tuple[str, int, str]] = []
    for section in root.items("tenants", Section):
        for key, seen in (("name", names), ("socket", sockets)):
            value = section.take(key, str, "")
            if value and value in seen:
                _shared(report, section, key, shown(value), seen[value])
            elif value:
                seen[value] = f"{section.path}.{key}"
        tcp = section.section("tcp")
        address = tcp.take("address", tuple, ()) if tcp is not None else ()
        if tcp is None or len(address) != 2:
            continue
        host, port = address
        for other_host, other_port, other in ports:
            if port == other_port and (host == other_host or {host, other_host} & {"0.0.0.0", "::"}):
                _shared(report, tcp, "address", f"{host}:{port}", other)
        ports.append((host, port, f"{tcp.path}.address"))


def _shared(report: Report, section: Section, key: str, value: str, other: str) -> None:
    sentence = f"{section.path}.{key} is {value}, which {other} has already."
    report.add("config-duplicate", section.places[key], sentence, "Tenants share nothing: choose another.")
