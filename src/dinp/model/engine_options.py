"""The engines' own options that may be said beyond dinp's keys, written out per kind, and those that are dinp's to set.

Sources: dockerd, `daemon/config/config.go` and `config_linux.go` of 20.10 and 29, options that both have; podman,
containers.conf(5) of 4.3; buildkitd, `cmd/buildkitd/config/config.go` of 0.32. A dot leads into a table of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from dinp.model.engine_spec import EngineKind, OptionValue


class OptionKind(Enum):
    """What an option holds; the text is what the reference page calls it."""

    TEXT = "text"
    NUMBER = "a whole number"
    BOOLEAN = "true or false"
    LIST = "words with commas between them"


_TEXT, _NUMBER, _BOOLEAN, _LIST = OptionKind

OPTIONS: Mapping[EngineKind, Mapping[str, OptionKind]] = {
    EngineKind.DOCKERD: {
        "authorization-plugins": _LIST,
        "debug": _BOOLEAN,
        "default-cgroupns-mode": _TEXT,
        "default-gateway": _TEXT,
        "default-ipc-mode": _TEXT,
        "default-shm-size": _TEXT,
        "dns": _LIST,
        "dns-opts": _LIST,
        "dns-search": _LIST,
        "experimental": _BOOLEAN,
        "icc": _BOOLEAN,
        "init": _BOOLEAN,
        "ip": _TEXT,
        "ip-masq": _BOOLEAN,
        "labels": _LIST,
        "log-driver": _TEXT,
        "log-level": _TEXT,
        "log-opts.compress": _TEXT,
        "log-opts.max-file": _TEXT,
        "log-opts.max-size": _TEXT,
        "max-concurrent-downloads": _NUMBER,
        "max-concurrent-uploads": _NUMBER,
        "max-download-attempts": _NUMBER,
        "metrics-addr": _TEXT,
        "no-new-privileges": _BOOLEAN,
        "raw-logs": _BOOLEAN,
        "seccomp-profile": _TEXT,
        "shutdown-timeout": _NUMBER,
    },
    EngineKind.PODMAN: {
        "containers.annotations": _LIST,
        "containers.cgroupns": _TEXT,
        "containers.dns_options": _LIST,
        "containers.dns_searches": _LIST,
        "containers.dns_servers": _LIST,
        "containers.env": _LIST,
        "containers.http_proxy": _BOOLEAN,
        "containers.init": _BOOLEAN,
        "containers.ipcns": _TEXT,
        "containers.keyring": _BOOLEAN,
        "containers.label": _BOOLEAN,
        "containers.log_size_max": _NUMBER,
        "containers.log_tag": _TEXT,
        "containers.no_hosts": _BOOLEAN,
        "containers.pids_limit": _NUMBER,
        "containers.seccomp_profile": _TEXT,
        "containers.shm_size": _TEXT,
        "containers.tz": _TEXT,
        "containers.umask": _TEXT,
        "engine.compat_api_enforce_docker_hub": _BOOLEAN,
        "engine.image_default_format": _TEXT,
        "engine.image_parallel_copies": _NUMBER,
        "engine.image_volume_mode": _TEXT,
        "engine.no_pivot_root": _BOOLEAN,
        "engine.num_locks": _NUMBER,
        "engine.pull_policy": _TEXT,
        "engine.stop_timeout": _NUMBER,
    },
    EngineKind.BUILDKITD: {
        "debug": _BOOLEAN,
        "dns.nameservers": _LIST,
        "dns.options": _LIST,
        "dns.searchDomains": _LIST,
        "history.maxAge": _NUMBER,
        "history.maxEntries": _NUMBER,
        "insecure-entitlements": _LIST,
        "log.format": _TEXT,
        "log.level": _TEXT,
        "trace": _BOOLEAN,
        "worker.oci.gc": _BOOLEAN,
        "worker.oci.max-parallelism": _NUMBER,
        "worker.oci.minFreeSpace": _TEXT,
        "worker.oci.noProcessSandbox": _BOOLEAN,
        "worker.oci.platforms": _LIST,
        "worker.oci.reservedSpace": _TEXT,
    },
}
"""The options that may be said."""

_PREFLIGHT = "Preflight chooses it, see `dinp preflight`"
_AGENT = "The agent and the engine agree on it"
_REGISTRIES = "Say it in engine.registries"
_ULIMITS = "Say it in engine.ulimits"

OWNED: Mapping[EngineKind, Mapping[str, str]] = {
    EngineKind.DOCKERD: {
        "bip": f"{_PREFLIGHT}; engine.address_pools has the networks",
        "bridge": _AGENT,
        "builder": "engine.limits.disk bounds the build cache",
        "cgroup-parent": _AGENT,
        "containerd": _AGENT,
        "data-root": _AGENT,
        "default-address-pools": "Say it in engine.address_pools",
        "default-network-opts": _PREFLIGHT,
        "default-ulimits": _ULIMITS,
        "exec-opts": _AGENT,
        "exec-root": _AGENT,
        "features": _PREFLIGHT,
        "group": "The tenant's socket has `group`",
        "hosts": "Sockets are handed over; the tenant has `socket` and `tcp`",
        "http-proxy": "Say it in engine.proxy",
        "https-proxy": "Say it in engine.proxy",
        "init-path": _PREFLIGHT,
        "insecure-registries": _REGISTRIES,
        "iptables": "Published ports and the engine's own network need it",
        "live-restore": "Everything of an engine ends with it",
        "mtu": _PREFLIGHT,
        "no-proxy": "Say it in engine.proxy",
        "pidfile": _AGENT,
        "registry-mirrors": _REGISTRIES,
        "storage-driver": "Say it in engine.storage_driver",
        "tls": "Say it in the tenant's tcp.tls",
        "tlscacert": "Say it in the tenant's tcp.tls",
        "tlscert": "Say it in the tenant's tcp.tls",
        "tlskey": "Say it in the tenant's tcp.tls",
        "tlsverify": "Say it in the tenant's tcp.tls",
        "userland-proxy-path": _AGENT,
        "userns-remap": "engine.isolation chooses the user namespace",
    },
    EngineKind.PODMAN: {
        "containers.default_ulimits": _ULIMITS,
        "containers.init_path": _PREFLIGHT,
        "containers.log_driver": "There is no journal in an engine's tree: logs are files",
        "engine.cgroup_manager": _AGENT,
        "engine.conmon_path": _PREFLIGHT,
        "engine.events_logger": "The agent follows the events of containers",
        "engine.helper_binaries_dir": _PREFLIGHT,
        "engine.remote": "This podman is the engine itself",
        "engine.runtime": _PREFLIGHT,
        "engine.service_timeout": "engine.idle_stop_after stops it",
        "engine.static_dir": _AGENT,
        "engine.tmp_dir": _AGENT,
        "engine.volume_path": _AGENT,
        "network.default_subnet": f"{_PREFLIGHT}; engine.address_pools has the networks",
        "network.default_subnet_pools": "Say it in engine.address_pools",
        "network.network_backend": _PREFLIGHT,
        "network.network_config_dir": _AGENT,
    },
    EngineKind.BUILDKITD: {
        "grpc.address": "Sockets are handed over; the tenant has `socket`",
        "registry": _REGISTRIES,
        "root": _AGENT,
        "worker.containerd.enabled": "There is no containerd beside it",
        "worker.oci.binary": _PREFLIGHT,
        "worker.oci.enabled": _AGENT,
        "worker.oci.maxUsedSpace": "Say it in engine.limits.disk",
        "worker.oci.networkMode": "Build steps use the engine's own network",
        "worker.oci.rootless": "engine.isolation chooses the user namespace",
        "worker.oci.snapshotter": "Say it in engine.storage_driver",
    },
}
"""Options that dinp sets itself, each with the reason or with the key to use instead."""


def read_option(kind: OptionKind, words: str) -> OptionValue | None:
    """The value of an option as it is written; None when it is no such value."""
    match kind:
        case OptionKind.TEXT:
            return words or None
        case OptionKind.NUMBER:
            digits = words.removeprefix("-")
            return int(words) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None
        case OptionKind.BOOLEAN:
            return {"true": True, "false": False}.get(words)
        case OptionKind.LIST:
            return tuple(filter(None, map(str.strip, words.split(",")))) or None


def option_text(value: OptionValue) -> str:
    """The inverse of `read_option`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def options_in(kind: EngineKind, texts: Iterable[str]) -> tuple[tuple[str, OptionValue], ...]:
    """Those of `name=value` that this kind of engine has; what is wrong with the others is told elsewhere."""
    found: dict[str, OptionValue] = {}
    for text in texts:
        name, _, words = text.partition("=")
        option = OPTIONS[kind].get(name)
        value = read_option(option, words) if option is not None else None
        if value is not None:
            found.setdefault(name, value)
    return tuple(found.items())


def nearest_option(kind: EngineKind, name: str) -> str | None:
    """The option that `name` may have been meant for."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, (*OPTIONS[kind], *OWNED[kind]), 1, 0.6)), None)
