"""A configuration written as data reads back as itself."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dinp.model.agent_config import AgentConfig
from dinp.model.config_data import agent_config_data
from dinp.model.config_document import parse_agent_config
from dinp.model.endpoint import TcpEndpoint, TlsFiles, UnixEndpoint
from dinp.model.engine_spec import EngineSpec, IsolationKind, Limits, Proxy, Registries, Ulimit
from dinp.model.tenant import Tenant, Workspace


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), values)


SIZES = st.one_of(st.integers(64 * 2**20, 2**50), st.integers(1, 64).map(lambda number: number * 2**30))
TENTHS = st.integers(1, 10**6).map(lambda tenths: tenths / 10)
PATHS = st.lists(st.text("abc $#:'\"ä{-", min_size=1, max_size=8), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
SOCKETS = st.builds(
    UnixEndpoint, st.just("/run/x/docker.sock"), st.integers(0, 0o777), maybe(st.integers(0, 2**31)), st.none()
)
TCP = st.builds(
    TcpEndpoint,
    st.sampled_from(["127.0.0.1", "::1"]),
    st.integers(1, 65535),
    maybe(st.builds(TlsFiles, PATHS, PATHS, PATHS)),
)
TENANTS = st.builds(
    Tenant, st.just("a"), SOCKETS, maybe(TCP), st.lists(st.builds(Workspace, PATHS, st.booleans())).map(tuple)
)
ENGINES = st.builds(
    EngineSpec,
    isolation=maybe(st.sampled_from(IsolationKind)),
    idle_stop_after=maybe(TENTHS),
    limits=st.builds(
        Limits,
        maybe(SIZES),
        maybe(st.integers(1, 999).map(lambda n: n / 100)),
        maybe(st.integers(64, 9999)),
        maybe(SIZES),
    ),
    storage_driver=maybe(st.sampled_from(["overlay2", "vfs"])),
    drain_within=TENTHS,
    registries=st.builds(
        Registries, st.just(("https://mirror.example",)), st.just(("r.example:5000",)), st.just(("/etc/a.pem",))
    ),
    proxy=st.just(Proxy("http://p:3128", "", ("localhost", ".example"))),
    address_pools=st.just(("10.0.0.0/8", "fd00::/48")),
    emulation=st.sampled_from([(), ("arm64",), ("arm64", "s390x")]),
    ulimits=st.just((Ulimit("nofile", 1024, 4096), Ulimit("core", -1, -1))),
    options=st.just((("debug", True), ("dns", ("10.0.0.1", "10.0.0.2")), ("max-concurrent-downloads", 3))),
)


@settings(deadline=None, max_examples=60)
@given(st.builds(AgentConfig, PATHS, TENANTS.map(lambda tenant: (tenant,)), ENGINES))
def test_read_back(config: AgentConfig) -> None:
    text = yaml.safe_dump(agent_config_data(config), sort_keys=False, allow_unicode=True)
    assert parse_agent_config(text, "agent.yaml") == config


def test_every_field_of_an_engine_is_written() -> None:
    """Whoever adds a field to EngineSpec adds it here too, or a sidecar's engine would not get it."""
    names = EngineSpec.__match_args__
    assert names == (
        "kind",
        "isolation",
        "idle_stop_after",
        "limits",
        "storage_driver",
        "drain_within",
        "address_pools",
        "avoid_networks",
        "registries",
        "proxy",
        "program_path",
        "emulation",
        "ulimits",
        "options",
    )
