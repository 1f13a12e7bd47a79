"""An AgentConfig as the data that reads back as the same config: the inverse of config_document.

Only what differs from a default is said, so that a generated configuration is as short as one written by hand.
"""

from __future__ import annotations

from dinp.model.agent_config import AgentConfig
from dinp.model.endpoint import TcpEndpoint, UnixEndpoint
from dinp.model.engine_options import option_text
from dinp.model.engine_spec import EngineSpec, Limits, Proxy, Registries
from dinp.model.tenant import Tenant, Workspace

Data = dict[str, object]

_ENGINE = EngineSpec()
_SOCKET = UnixEndpoint("/")
_UNITS = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def agent_config_data(config: AgentConfig) -> Data:
    """Mappings, lists and plain values, in the order of the reference page."""
    data: Data = {"state_dir": config.state_dir, "tenants": [_tenant(tenant) for tenant in config.tenants]}
    engine = _engine(config.engine)
    return {**data, "engine": engine} if engine else data


def size_text(amount: int) -> str:
    """Bytes as a size is written, in the largest unit that is exact: `20GiB`, `1000B`."""
    for unit, factor in _UNITS:
        if amount >= factor and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return f"{amount}B"


def number_text(amount: float) -> str:
    """A number as short as it can be without losing anything, never in powers of ten."""
    text = f"{amount:.9f}".rstrip("0").rstrip(".")
    return text if float(text) == amount else repr(amount)


def _tenant(tenant: Tenant) -> Data:
    socket = tenant.socket
    data: Data = {"name": tenant.name, "socket": socket.path}
    if socket.mode != _SOCKET.mode:
        data["mode"] = f"{socket.mode:04o}"
    if socket.owner is not None:
        data["owner"] = socket.owner
    if socket.group is not None:
        data["group"] = socket.group
    if tenant.tcp is not None:
        data["tcp"] = _tcp(tenant.tcp)
    if tenant.workspaces:
        data["workspaces"] = [_workspace(workspace) for workspace in tenant.workspaces]
    if tenant.only_workspaces:
        data["only_workspaces"] = True
    return data


def _tcp(tcp: TcpEndpoint) -> Data:
    data: Data = {"address": str(tcp).removeprefix("tcp://")}
    if tcp.tls is not None:
        data["tls"] = {"ca": tcp.tls.ca, "certificate": tcp.tls.certificate, "key": tcp.tls.key}
    return data


def _workspace(workspace: Workspace) -> Data:
    return {"path": workspace.path, "read_only": True} if workspace.read_only else {"path": workspace.path}


def _engine(engine: EngineSpec) -> Data:
    data: Data = {}
    if engine.kind.value != _ENGINE.kind.value:
        data["kind"] = engine.kind.value
    if engine.isolation is not None:
        data["isolation"] = engine.isolation.value
    if engine.idle_stop_after != _ENGINE.idle_stop_after:
        idle = engine.idle_stop_after
        data["idle_stop_after"] = "never" if idle is None else f"{number_text(idle)}s"
    if engine.drain_within != _ENGINE.drain_within:
        data["drain_within"] = f"{number_text(engine.drain_within)}s"
    limits = _limits(engine.limits)
    if limits:
        data["limits"] = limits
    if engine.storage_driver is not None:
        data["storage_driver"] = engine.storage_driver
    registries = {name: list(values) for name, values in _registries(engine.registries) if values}
    if registries:
        data["registries"] = registries
    if proxy := _proxy(engine.proxy):
        data["proxy"] = proxy
    if engine.ulimits:
        data["ulimits"] = [str(each) for each in engine.ulimits]
    if engine.options:
        data["options"] = [f"{name}={option_text(value)}" for name, value in engine.options]
    for name in ("address_pools", "avoid_networks", "emulation", "program_path"):
        if values := getattr(engine, name):
            data[name] = list(values)
    return data


def _proxy(proxy: Proxy) -> Data:
    data: Data = {name: value for name, value in (("http", proxy.http), ("https", proxy.https)) if value}
    return {**data, "none": list(proxy.none)} if proxy.none else data


def _registries(registries: Registries) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = ("mirrors", "insecure", "authorities")
    return tuple((name, getattr(registries, name)) for name in names)


def _limits(limits: Limits) -> Data:
    data: Data = {}
    if limits.memory is not None:
        data["memory"] = size_text(limits.memory)
    if limits.cpus is not None:
        data["cpus"] = number_text(limits.cpus)
    if limits.pids is not None:
        data["pids"] = limits.pids
    if limits.disk is not None:
        data["disk"] = size_text(limits.disk)
    return data
