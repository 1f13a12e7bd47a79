"""dockerd, from 20.10 to 29, with a socket that is handed over (`-H fd://`)."""

import json

from dinp.engines.common import folder_of, proxy_environment, trusted, with_options
from dinp.model.choices import Choices
from dinp.model.endpoint import TlsTexts
from dinp.model.engine_command import STOPPED_CONTAINERS, EngineCommand, EngineTraits, Readiness, Request, Wire
from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.launch_plan import TextFile

TRAITS = EngineTraits(
    Readiness.ANSWER,
    Wire.HTTP,
    prune=(Request("/build/prune?all=true"), Request("/images/prune")),
    prune_left_behind=(STOPPED_CONTAINERS,),
)

_FIRST_WITH_NETWORK_OPTIONS = 24
"""`--default-network-opt` appeared in 24.0 (moby daemon/config/config_linux.go, NetworkConfig.DefaultNetworkOpts)."""

_FIRST_WITH_IMAGE_STORE = 29
"""Fresh data-roots of 29 use containerd's image store (moby daemon/image_store_choice.go)."""

_FIRST_WITHOUT_TRUST_KEY = 23
"""Before, a key is written to /etc/docker unless told otherwise (moby 20.10 daemon/config, TrustKeyPath)."""


def command(
    spec: EngineSpec,
    choices: Choices,
    isolation: IsolationKind,
    places: EnginePlaces,
    tls: TlsTexts | None,
    authorities: str = "",
) -> EngineCommand:
    """Dockerd's command line; everything but the sockets stands in its configuration file."""
    argv = [choices.programs.engine, "--host=fd://", f"--config-file={places.config}"]
    if isolation is IsolationKind.ROOTLESS:
        argv.append("--rootless")
    settings = with_options(_settings(spec, choices, places), spec.options)
    if isolation is IsolationKind.ROOTFUL and choices.programs.major < _FIRST_WITHOUT_TRUST_KEY:
        settings["deprecated-key-path"] = f"{places.run}/key.json"
    files = _tls_files(places, tls) if tls is not None else {}
    if files:
        settings |= {"tlsverify": True} | {option: file.target for option, file in files.items()}
    text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    certificates, variables = trusted(authorities, places)
    environment = (*_environment(spec, isolation), *variables)
    return EngineCommand(tuple(argv), environment, (TextFile(places.config, text), *files.values(), *certificates))


def _tls_files(places: EnginePlaces, tls: TlsTexts) -> dict[str, TextFile]:
    """Option -> file. dockerd wraps only TCP listeners in TLS (moby daemon/listeners/listeners_linux.go, listenFD)."""
    texts = {"tlscacert": ("ca.pem", tls.ca), "tlscert": ("cert.pem", tls.certificate), "tlskey": ("key.pem", tls.key)}
    folder = folder_of(places)
    return {option: TextFile(f"{folder}/tls/{name}", text, 0o600) for option, (name, text) in texts.items()}


def _settings(spec: EngineSpec, choices: Choices, places: EnginePlaces) -> dict[str, object]:
    settings: dict[str, object] = {
        "data-root": places.data,
        "exec-root": places.run,
        "pidfile": f"{places.run}/docker.pid",
        "mtu": choices.mtu,
        "bip": choices.bridge_address,
        "default-address-pools": [{"base": base, "size": size} for base, size in choices.address_pools],
        # Where it sees systemd, dockerd would have it make the containers' groups, outside of the engine's own.
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }
    if spec.limits.disk is not None:
        # The engine's own bound is on its build cache only (docs/reference/configuration.md, `engine.limits.disk`).
        settings["builder"] = {"gc": {"enabled": True, "defaultKeepStorage": f"{spec.limits.disk // 2}B"}}
    if spec.registries.mirrors:
        settings["registry-mirrors"] = list(spec.registries.mirrors)
    if spec.registries.insecure:
        settings["insecure-registries"] = list(spec.registries.insecure)
    if spec.ulimits:
        limits = {each.name: {"Name": each.name, "Soft": each.soft, "Hard": each.hard} for each in spec.ulimits}
        settings["default-ulimits"] = limits
    if places.port_helper is not None:
        settings["userland-proxy-path"] = places.port_helper
    if choices.programs.init is not None:
        settings["init-path"] = choices.programs.init
    if choices.programs.major >= _FIRST_WITH_NETWORK_OPTIONS:
        settings["default-network-opts"] = {"bridge": {"com.docker.network.driver.mtu": str(choices.mtu)}}
    if choices.programs.major >= _FIRST_WITH_IMAGE_STORE and choices.storage_driver == "overlay2":
        settings["features"] = {"containerd-snapshotter": True}
    else:
        settings["storage-driver"] = choices.storage_driver
    return settings


def _environment(spec: EngineSpec, isolation: IsolationKind) -> tuple[tuple[str, str], ...]:
    environment = proxy_environment(spec.proxy)
    if isolation is IsolationKind.USERNS:
        # An unprivileged engine cannot load br_netfilter, and the node may not have it; dockerd says what it lacks.
        return (*environment, ("DOCKER_IGNORE_BR_NETFILTER_ERROR", "1"))
    return environment
