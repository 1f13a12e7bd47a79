"""A service spec as text in, a ServiceSpec out, or every problem at once, each with `file:line:column`."""

from __future__ import annotations

from collections.abc import Sequence

from dinp.model.config_document import NO_NAMES, read_engine
from dinp.model.config_section import Reader, Report, Section
from dinp.model.engine_checks import REFUSED_DOORS, check_engine
from dinp.model.engine_spec import IsolationKind
from dinp.model.nodes import Mapping, Node, Place
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_keys import SERVICE
from dinp.model.service_settings import overlaid, setting
from dinp.model.service_spec import (
    Amounts,
    EndpointKind,
    EndpointSpec,
    Form,
    Images,
    PullPolicy,
    ServiceSpec,
    StorageKind,
    StorageSpec,
    TopologyKind,
)
from dinp.model.yaml_nodes import YamlError, parse_yaml

_DEFAULTS = ServiceSpec()
_PORTS = {EndpointKind.UNIX: 2375, EndpointKind.TCP: 2375, EndpointKind.TLS: 2376}
"""Docker's registered ports (IANA, "docker" and "docker-s")."""


def parse_service_spec(text: str, file: str, *, settings: Sequence[str] = ()) -> ServiceSpec:
    """Read a service spec.

    Args:
        text: of the file; an empty one asks for every default.
        file: its name, for messages.
        settings: `key=value` with dots between keys, each stronger than the file and than those before it.

    Returns:
        The spec, with every default filled in.

    Raises:
        BadInputError: with every problem that was found.
    """
    report = Report(file)
    try:
        node: Node = parse_yaml(text) or Mapping(Place(1, 1), ())
    except YamlError as error:
        report.add("config-syntax", error.place, f"{error.what}.", error.remedy)
        raise BadInputError(*report.problems) from error
    # Each part is read by itself first, so that a problem is told with the name of the part that it is in.
    Reader(report, NO_NAMES, SERVICE).section(node, SERVICE, "")
    problems = report.problems
    for words in settings:
        node, more = _set(node, words)
        problems += more
    if problems:
        raise BadInputError(*problems)
    report = Report(file)
    root = Reader(report, NO_NAMES, SERVICE).section(node, SERVICE, "")
    spec = _spec(root)
    _consistent(root, spec, report)
    if report.problems:
        raise BadInputError(*report.problems)
    return spec


def _set(node: Node, words: str) -> tuple[Node, tuple[Problem, ...]]:
    report = Report(f"--set {words}")
    found = setting(words, SERVICE, report)
    if found is not None:
        Reader(report, NO_NAMES, SERVICE).section(found, SERVICE, "")
    return (overlaid(node, found) if found is not None else node), report.problems


def _spec(root: Section) -> ServiceSpec:
    resources, authorities = root.section("resources"), root.section("authorities")
    return ServiceSpec(
        topology=TopologyKind(root.take("topology", str, _DEFAULTS.topology.value)),
        form=Form(root.take("form", str, _DEFAULTS.form.value)),
        images=_images(root.section("images")),
        endpoint=_endpoint(root.section("endpoint")),
        authorities_map=authorities.take("config_map", str, "") if authorities else "",
        authorities_secret=authorities.take("secret", str, "") if authorities else "",
        credentials=root.take("credentials", str, ""),
        engine=read_engine(root.section("engine")),
        requests=_amounts(resources.section("requests") if resources else None),
        limits=_amounts(resources.section("limits") if resources else None),
        storage=_storage(root.section("storage")),
    )


def _images(section: Section | None) -> Images:
    if section is None:
        return _DEFAULTS.images
    policy = section.take("pull_policy", str, "")
    return Images(
        agent=section.take("agent", str, _DEFAULTS.images.agent),
        client=section.take("client", str, _DEFAULTS.images.client),
        pull_policy=PullPolicy(policy) if policy else None,
    )


def _endpoint(section: Section | None) -> EndpointSpec:
    if section is None:
        return _DEFAULTS.endpoint
    kind = EndpointKind(section.take("kind", str, _DEFAULTS.endpoint.kind.value))
    return EndpointSpec(kind, section.take("port", int, _PORTS[kind]))


def _amounts(section: Section | None) -> Amounts:
    if section is None:
        return Amounts()
    return Amounts(
        cpu=section.take("cpu", float, 0.0) or None,
        memory=section.take("memory", int, 0) or None,
        ephemeral_storage=section.take("ephemeral_storage", int, 0) or None,
    )


def _storage(section: Section | None) -> StorageSpec:
    if section is None:
        return _DEFAULTS.storage
    return StorageSpec(
        kind=StorageKind(section.take("kind", str, _DEFAULTS.storage.kind.value)),
        size=section.take("size", int, _DEFAULTS.storage.size),
        claim=section.take("claim", str, ""),
        storage_class=section.take("class", str, ""),
        path=section.take("path", str, ""),
    )


STORAGE_NEEDS = {StorageKind.CLAIM: "claim", StorageKind.HOST_PATH: "path"}
"""Kind -> the key without which it is nothing."""

STORAGE_ONLY_FOR = {
    "size": (StorageKind.EMPTY_DIR, StorageKind.EPHEMERAL),
    "claim": (StorageKind.CLAIM,),
    "class": (StorageKind.EPHEMERAL,),
    "path": (StorageKind.HOST_PATH,),
}
"""Key -> the kinds for which it means something."""


def _consistent(root: Section, spec: ServiceSpec, report: Report) -> None:
    """Report keys that are right by themselves but not together."""
    check_engine(root.section("engine"), spec.engine, report)
    endpoint = root.section("endpoint")
    why = REFUSED_DOORS.get((spec.engine.kind, spec.endpoint.kind is EndpointKind.TLS))
    if spec.endpoint.kind is not EndpointKind.UNIX and endpoint is not None and why is not None:
        sentence = f"endpoint.kind is {spec.endpoint.kind.value}, but {why}."
        report.add(
            "engine-kind-socket", endpoint.places["kind"], sentence, "Leave endpoint.kind out: a unix socket works."
        )
    if endpoint is not None and "port" in endpoint.places and spec.endpoint.kind is EndpointKind.UNIX:
        sentence = "endpoint.port is set, but endpoint.kind is unix, which has no port."
        remedy = "Remove the port, or choose tcp or tls."
        report.add("config-bad-value", endpoint.places["port"], sentence, remedy)
    authorities = root.section("authorities")
    if authorities is not None and len(authorities.places) != 1:
        sentence = "authorities names a ConfigMap and a Secret." if authorities.places else "authorities names nothing."
        place = authorities.places.get("secret", authorities.place)
        report.add("config-bad-value", place, sentence, "Name one: config_map or secret.")
    _within_limits(root.section("resources"), report)
    _isolated(root, spec, report)
    storage = root.section("storage")
    if storage is None:
        return
    kind = spec.storage.kind
    needed = STORAGE_NEEDS.get(kind)
    if needed is not None and needed not in storage.places:
        sentence = f"storage.kind is {kind.value}, but storage.{needed} is missing."
        report.add("config-missing-key", storage.places["kind"], sentence, f"Add {needed}: … below storage.")
    for name, kinds in STORAGE_ONLY_FOR.items():
        if name in storage.places and kind not in kinds:
            sentence = f"storage.{name} means nothing where storage.kind is {kind.value}."
            remedy = f"Remove it, or choose {' or '.join(each.value for each in kinds)}."
            report.add("config-bad-value", storage.places[name], sentence, remedy)


def _within_limits(resources: Section | None, report: Report) -> None:
    """Report requests above their limits, which Kubernetes refuses (ValidateContainerResourceRequirements)."""
    asked = resources.section("requests") if resources else None
    granted = resources.section("limits") if resources else None
    if asked is None or granted is None:
        return
    for name, amount in asked.values.items():
        limit = granted.values.get(name)
        if isinstance(amount, int | float) and isinstance(limit, int | float) and amount > limit:
            sentence = f"resources.requests.{name} is more than resources.limits.{name}, which Kubernetes refuses."
            report.add("config-bad-value", asked.places[name], sentence, "Raise the limit, or ask for less.")


def _isolated(root: Section, spec: ServiceSpec, report: Report) -> None:
    """Report what the kind of isolation rules out in every pod, before a pod has to fail for it."""
    kind, engine, storage = spec.engine.isolation, root.section("engine"), root.section("storage")
    if engine is not None and spec.engine.emulation and kind not in (None, IsolationKind.USERNS):
        sentence = f"engine.emulation needs isolation userns, and engine.isolation is {kind.value}."
        remedy = "Leave engine.isolation out, or engine.emulation."
        report.add("emulation-not-apart", engine.places["emulation"], sentence, remedy)
    rootless = kind is IsolationKind.ROOTLESS
    if storage is not None and rootless and spec.storage.kind is StorageKind.HOST_PATH:
        sentence = "storage.kind is hostPath, which kubelet makes for root, and engine.isolation is rootless."
        remedy = "Choose emptyDir, or leave engine.isolation out."
        report.add("config-bad-value", storage.places["kind"], sentence, remedy)
