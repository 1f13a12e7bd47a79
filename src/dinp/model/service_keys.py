"""Every key of a service spec: the parser, the JSON Schema and the reference page work by this table."""

from enum import Enum

from dinp.model.config_keys import ENGINE as AGENT_ENGINE
from dinp.model.config_keys import Key, KeyKind
from dinp.model.service_spec import EndpointKind, Form, Images, PullPolicy, StorageKind, TopologyKind
from dinp.model.value import replace

_LEAST_BYTES = 64 * 2**20


def _choice(name: str, values: type[Enum], sentence: str, default: str) -> Key:
    return Key(name, KeyKind.CHOICE, sentence, default, choices=tuple(str(value.value) for value in values))


IMAGES = (
    Key("agent", KeyKind.IMAGE, "The image with dinp and the engines.", f"`{Images().agent}`"),
    Key("client", KeyKind.TEXT, "The client's image in rendered examples.", f"`{Images().client}`"),
    _choice("pull_policy", PullPolicy, "When kubelet pulls the agent's image.", "the cluster's own rule"),
)

ENDPOINT = (
    _choice(
        "kind",
        EndpointKind,
        "How clients reach their engine: a unix socket in a shared directory, a TCP port on the pod's loopback, or"
        " the same with mutual TLS.",
        EndpointKind.UNIX.value,
    ),
    Key("port", KeyKind.COUNT, "The port of `tcp` and `tls`.", "2375 for `tcp`, 2376 for `tls`", most=65535),
)

AMOUNTS = (
    Key("cpu", KeyKind.NUMBER, "Processors, `0.5` is half of one.", "none"),
    Key("memory", KeyKind.SIZE, "Memory, with everything that the engine runs.", "none"),
    Key("ephemeral_storage", KeyKind.SIZE, "Bytes on the node's disk, an emptyDir's included.", "none"),
)

_LEAST = {"cpu": (0.01, "0.01"), "memory": (_LEAST_BYTES, "64MiB"), "ephemeral_storage": (_LEAST_BYTES, "64MiB")}
GRANTED = tuple(replace(key, least=_LEAST[key.name][0], least_words=_LEAST[key.name][1]) for key in AMOUNTS)

RESOURCES = (
    Key("requests", KeyKind.SECTION, "What the scheduler sets aside for it.", "none", keys=AMOUNTS),
    Key("limits", KeyKind.SECTION, "What it gets at most.", "none", keys=GRANTED),
)

STORAGE = (
    _choice(
        "kind",
        StorageKind,
        "What carries the agent's state: `emptyDir` and `ephemeral` go with the pod, `persistentVolumeClaim` and"
        " `hostPath` keep the cache. Two pods must not share one.",
        StorageKind.EMPTY_DIR.value,
    ),
    Key(
        "size",
        KeyKind.SIZE,
        "The limit of an `emptyDir` (kubelet evicts a pod that exceeds it), the request of an `ephemeral` volume."
        " The engine keeps to nine tenths of it, unless `engine.limits.disk` says otherwise.",
        "20GiB",
        least=_LEAST_BYTES,
        least_words="64MiB",
    ),
    Key("claim", KeyKind.TEXT, "The claim of `persistentVolumeClaim`, which must exist.", "none"),
    Key("class", KeyKind.TEXT, "The storage class of `ephemeral`.", "the cluster's default class"),
    Key("path", KeyKind.PATH, "The directory of `hostPath`, on the node.", "none"),
)

_NOT_FOR_SERVICES = {"program_path", "authorities"}
"""Paths inside the agent's container: its image knows its programs, and a pod has objects instead of files."""

AUTHORITIES = (
    Key("config_map", KeyKind.TEXT, "A ConfigMap of the pod's namespace.", "none"),
    Key("secret", KeyKind.TEXT, "A Secret of the pod's namespace, instead.", "none"),
)


def _for_services(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(replace(key, keys=_for_services(key.keys)) for key in keys if key.name not in _NOT_FOR_SERVICES)


ENGINE = _for_services(AGENT_ENGINE)

SERVICE = (
    _choice("topology", TopologyKind, "Where the agent runs.", TopologyKind.SIDECAR.value),
    _choice(
        "form",
        Form,
        "What the sidecar is: a `native` sidecar starts before every other container and ends after them"
        " (Kubernetes 1.29 or newer); a plain `container` is for CI systems that cannot use one, such as Jenkins.",
        Form.NATIVE.value,
    ),
    Key("images", KeyKind.SECTION, "Images of the containers.", "every key's default", keys=IMAGES),
    Key("endpoint", KeyKind.SECTION, "How clients reach their engine.", "every key's default", keys=ENDPOINT),
    Key(
        "credentials",
        KeyKind.TEXT,
        "A Secret of the pod's namespace (type `kubernetes.io/dockerconfigjson`) with logins for registries: clients"
        " get it as DOCKER_CONFIG, and send the logins along with what they ask of their engine.",
        "none",
    ),
    Key(
        "authorities",
        KeyKind.SECTION,
        "Certificate authorities (PEM) of registries, each key of the object a file: engines trust them besides those"
        " of the image.",
        "none",
        keys=AUTHORITIES,
    ),
    Key("engine", KeyKind.SECTION, "What the engine is to be.", "every key's default", keys=ENGINE),
    Key("resources", KeyKind.SECTION, "Resources of the agent's container, engine included.", "none", keys=RESOURCES),
    Key("storage", KeyKind.SECTION, "Where the agent's state lies.", "every key's default", keys=STORAGE),
)
"""The keys at the top of the file."""
