"""buildkitd, from 0.12, with one socket that is handed over (`--addr fd://`): builds and nothing else.

Its clients hold a connection for as long as a build runs (a build whose client is gone is cancelled: api/services/
control, Control.Solve), so that an engine without connections has no work; nothing else has to be asked.
"""

from dinp.engines.common import Tables, folder_of, host_of, proxy_environment, trusted, with_options
from dinp.model.choices import Choices
from dinp.model.endpoint import TlsTexts
from dinp.model.engine_command import NOTICE_SOCKET, EngineCommand, EngineTraits, Readiness, Request, Wire
from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.launch_plan import TextFile
from dinp.model.toml_text import tables_of, toml_text

TRAITS = EngineTraits(
    Readiness.NOTICE,
    Wire.GRPC,
    # PruneRequest{All: true} (api/services/control/control.proto): its field 2 is 1.
    prune=(Request("/moby.buildkit.v1.Control/Prune", b"\x10\x01"),),
    prune_left_behind=(),
)
"""Its own bound on the cache is looked at once a minute (control/control.go, throttledGC), which fills a disk."""

_SNAPSHOTTERS = {"overlay2": "overlayfs", "fuse-overlayfs": "fuse-overlayfs", "vfs": "native"}


def command(
    spec: EngineSpec,
    choices: Choices,
    isolation: IsolationKind,
    places: EnginePlaces,
    _tls: TlsTexts | None,
    authorities: str = "",
) -> EngineCommand:
    """Buildkitd's command line; everything but the socket stands in its configuration file.

    TLS is refused where configurations are read (model/engine_checks.py), and by preflight whatever isolation is none
    of root's.
    """
    config = f"{folder_of(places)}/buildkitd.toml"
    settings = with_options(_settings(spec, choices, places), spec.options)
    certificates, variables = trusted(authorities, places)
    # In any user namespace this is its default (cmd/buildkitd/main.go); only here build steps could not do without.
    mode = ("--rootless",) if isolation is IsolationKind.ROOTLESS else ()
    return EngineCommand(
        argv=(choices.programs.engine, f"--config={config}", "--addr=fd://", *mode),
        env=(
            ("NOTIFY_SOCKET", f"{places.door}/{NOTICE_SOCKET}"),
            *proxy_environment(spec.proxy),
            *variables,
        ),
        files=(TextFile(config, toml_text(tables_of(settings))), *certificates),
        directories=("/run/buildkit", "/etc/buildkit"),
    )


def _settings(spec: EngineSpec, choices: Choices, places: EnginePlaces) -> Tables:
    helpers = dict(choices.programs.helpers)
    worker: Tables = {
        "enabled": True,
        "snapshotter": _SNAPSHOTTERS[choices.storage_driver],
        "binary": helpers.get("runc") or helpers.get("crun") or "runc",
        # The engine's network is its own already, with a resolver and an MTU that hold for build steps as well.
        "networkMode": "host",
    }
    if spec.limits.disk is not None:
        worker |= {"gc": True, "maxUsedSpace": str(spec.limits.disk // 2)}
    settings: Tables = {"root": places.data, "worker": {"oci": worker, "containerd": {"enabled": False}}}
    registries = _registries(spec)
    return {**settings, "registry": registries} if registries else settings


def _registries(spec: EngineSpec) -> Tables:
    """`buildkitd.toml`, [registry]; both `http` and `insecure`, because dockerd also tries HTTPS before plain HTTP."""
    found: Tables = {}
    mirrors = [host_of(url) for url in spec.registries.mirrors]
    if mirrors:
        found["docker.io"] = {"mirrors": tuple(host for host, _ in mirrors)}
    for host, plain in mirrors:
        if plain:
            found[host.partition("/")[0]] = {"http": True}
    for host in spec.registries.insecure:
        found[host] = {"http": True, "insecure": True}
    return found
