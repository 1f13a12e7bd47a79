"""The configuration of `dinp agent`, as values; reading it from YAML is model/config_document.py."""

from dinp.model.engine_spec import EngineSpec
from dinp.model.tenant import Tenant
from dinp.model.value import Value


class AgentConfig(Value):
    """Everything that one agent is told.

    Attributes:
        state_dir: absolute path; data-roots, leases and logs, one directory per tenant below it.
        tenants: at least one, with distinct names and endpoints.
        engine: what each tenant's engine is to be.
    """

    state_dir: str
    tenants: tuple[Tenant, ...]
    engine: EngineSpec = EngineSpec()
