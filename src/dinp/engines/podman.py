"""`podman system service`, from 4.3, with sockets that are handed over.

Podman has no daemon: each process that serves a socket works on the same files, and takes over one socket only
(cmd/podman/system/service_abi.go, 4.3: `listeners[0]`). A shell therefore starts one for each socket, the tenant's and
the agent's own, and stops the containers when the engine is to stop, as dockerd does.
"""

import json
from ipaddress import ip_interface

from dinp.engines.common import Tables, folder_of, host_of, proxy_environment, trusted, with_options
from dinp.model.choices import Choices
from dinp.model.endpoint import TlsTexts
from dinp.model.engine_command import STOPPED_CONTAINERS, EngineCommand, EngineTraits, Readiness, Request, Wire
from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.launch_plan import TextFile
from dinp.model.toml_text import tables_of, toml_text

TRAITS = EngineTraits(
    Readiness.ANSWER,
    Wire.HTTP,
    prune=(Request("/images/prune"),),
    prune_left_behind=(
        STOPPED_CONTAINERS,
        # The containers of build steps, which no other request knows, and that keep `/images/prune` from its work.
        Request("/v4.0.0/libpod/images/prune?external=true"),
    ),
)

_POLICY = "/etc/containers/policy.json"
"""Where podman looks for it; 4.3 takes no other place from its service's configuration."""

_SERVE = r"""podman=$1
networks=$2
mkdir -p "$networks" "${networks%/*}/tmp"
# The networks are the tenant's, and stay; the default one is as preflight chose it this time.
cp "${0%/*}/podman-network.json" "$networks/podman.json"
first=3
last=$((first + LISTEN_FDS - 1))

serve() { # descriptor
    exec sh -c '
        for each in 3 4 5; do [ "$each" -eq "$1" ] || eval "exec $each<&-"; done
        [ "$1" -eq 3 ] || eval "exec 3<&$1 $1<&-"
        export LISTEN_PID=$$ LISTEN_FDS=1
        exec "$2" system service --time 0
    ' sh "$1" "$podman"
}

stop() {
    trap '' TERM
    "$podman" stop --all --time 10 >/dev/null
    exit 0
}

trap stop TERM
number=$((first + 1))
while [ "$number" -le "$last" ]; do
    ((serve "$number"); kill -KILL $$) &
    number=$((number + 1))
done
(serve "$first") &
tenants=$!
exec 3<&- 4<&- 5<&-
wait "$tenants"
"""
"""$1: podman; $2: where networks are kept. The engine ends when the process that serves the tenant's socket does."""


def command(
    spec: EngineSpec,
    choices: Choices,
    _isolation: IsolationKind,
    places: EnginePlaces,
    _tls: TlsTexts | None,
    authorities: str = "",
) -> EngineCommand:
    """A shell that starts a service for each socket; all of podman's settings stand in files.

    TLS is refused where configurations are read (model/engine_checks.py), and by preflight whatever isolation is none
    of root's.
    """
    folder = folder_of(places)
    files = {
        "containers.conf": toml_text(tables_of(with_options(_containers(spec, choices, places), spec.options))),
        "storage.conf": toml_text(tables_of(_storage(choices, places))),
        "registries.conf": toml_text(tables_of(_registries(spec))),
        "podman-network.json": _network(choices),
        "serve": _SERVE,
    }
    certificates, variables = trusted(authorities, places)
    policy = TextFile(_POLICY, json.dumps({"default": [{"type": "insecureAcceptAnything"}]}) + "\n")
    return EngineCommand(
        argv=("/bin/sh", f"{folder}/serve", choices.programs.engine, f"{places.data}/networks"),
        env=(
            ("CONTAINERS_CONF", f"{folder}/containers.conf"),
            ("CONTAINERS_STORAGE_CONF", f"{folder}/storage.conf"),
            ("CONTAINERS_REGISTRIES_CONF", f"{folder}/registries.conf"),
            *proxy_environment(spec.proxy),
            *variables,
        ),
        files=(
            TextFile(f"{_helpers(places)}/netavark", _netavark(choices, places), 0o755),
            *(TextFile(f"{folder}/{name}", text) for name, text in files.items()),
            policy,
            *certificates,
        ),
        directories=("/run/containers", "/run/crun", "/run/libpod", "/run/netns", "/run/lock", "/var/cache/containers"),
    )


def _containers(spec: EngineSpec, choices: Choices, places: EnginePlaces) -> Tables:
    helpers = dict(choices.programs.helpers)
    folders = (_helpers(places), *(path.rpartition("/")[0] for path in helpers.values()))
    runtime = "crun" if "crun" in helpers else "runc"
    containers: Tables = {"log_driver": "k8s-file"}
    if spec.ulimits:
        containers["default_ulimits"] = tuple(map(str, spec.ulimits))
    return {
        "containers": containers,
        "network": {
            "network_backend": "netavark",
            "network_config_dir": f"{places.data}/networks",
            "default_subnet": str(ip_interface(choices.bridge_address).network),
            "default_subnet_pools": tuple({"base": base, "size": size} for base, size in choices.address_pools),
        },
        "engine": {
            # Where it sees systemd, podman would have it make the containers' groups.
            "cgroup_manager": "cgroupfs",
            "conmon_path": (helpers.get("conmon", "conmon"),),
            "events_logger": "file",
            "helper_binaries_dir": tuple(dict.fromkeys(folders)),
            "image_copy_tmp_dir": "storage",
            **({"init_path": choices.programs.init} if choices.programs.init is not None else {}),
            "runtime": runtime,
            "static_dir": f"{places.data}/libpod",
            "tmp_dir": "/run/libpod",
            "volume_path": f"{places.data}/volumes",
            "runtimes": {runtime: (helpers.get(runtime, runtime),)},
        },
    }


def _helpers(places: EnginePlaces) -> str:
    return f"{folder_of(places)}/helpers"


def _netavark(choices: Choices, places: EnginePlaces) -> str:
    """What podman finds as netavark: the real one, by way of the agent's helper, which publishes ports."""
    import shlex

    real = dict(choices.programs.helpers).get("netavark", "netavark")
    return f'#!/bin/sh\nexec {shlex.quote(f"{places.door}/network-helper")} {shlex.quote(real)} "$@"\n'


def _storage(choices: Choices, places: EnginePlaces) -> Tables:
    driver = "vfs" if choices.storage_driver == "vfs" else "overlay"
    storage: Tables = {"driver": driver, "graphroot": places.data, "runroot": "/run/containers"}
    program = dict(choices.programs.helpers).get("fuse-overlayfs")
    if choices.storage_driver == "fuse-overlayfs" and program is not None:
        storage["options"] = {"overlay": {"mount_program": program}}
    return {"storage": storage}


def _registries(spec: EngineSpec) -> Tables:
    """containers-registries.conf(5); as for dockerd, names without a registry are docker.io's, without a question."""
    insecure = set(spec.registries.insecure)
    mirrors = [host_of(url) for url in spec.registries.mirrors]
    entries: list[Tables] = []
    if mirrors:
        entries.append(
            {
                "prefix": "docker.io",
                "location": "docker.io",
                "mirror": tuple({"location": host, "insecure": plain or host in insecure} for host, plain in mirrors),
            }
        )
    entries += [{"location": host, "insecure": True} for host in spec.registries.insecure]
    data: Tables = {"unqualified-search-registries": ("docker.io",), "short-name-mode": "disabled"}
    return {**data, "registry": tuple(entries)} if entries else data


def _network(choices: Choices) -> str:
    """The default network with the MTU of the engine's own link, in the form of `podman network inspect`."""
    bridge = ip_interface(choices.bridge_address)
    network = {
        "name": "podman",
        # Podman's own id for it (containers/common libnetwork/util, DefaultNetworkName's digest).
        "id": "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
        "driver": "bridge",
        "network_interface": "podman0",
        "created": "1970-01-01T00:00:00Z",
        "subnets": [{"subnet": str(bridge.network), "gateway": str(bridge.ip)}],
        "ipv6_enabled": False,
        "internal": False,
        "dns_enabled": False,
        "options": {"mtu": str(choices.mtu)},
        "ipam_options": {"driver": "host-local"},
    }
    return json.dumps(network, indent=2) + "\n"
