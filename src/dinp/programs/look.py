"""A look at the machine, for the engines of one agent.

The agent's first look is taken aside, while the agent itself imports what starting an engine takes and, where engines
get links, looks at the network.
"""

from __future__ import annotations

import os

from dinp.edges.aside import Aside
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.tenant import Tenant
from dinp.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dinp.edges.blank_mounts import BlankMountsInTheMaking
    from dinp.model.node_facts import NodeFacts


def look(state_dir: str, spec: EngineSpec, tenants: tuple[Tenant, ...], *, network: bool = True) -> NodeFacts:
    """Look for what decisions about these tenants' engines rest on."""
    from dinp.edges.node_probe import probe_node

    return probe_node(
        state_dir,
        workspaces=workspaces(tenants),
        program_path=spec.program_path,
        version_cache=state_dir,
        kind=spec.kind,
        # Root gets userns unless it asks for something else in so many words (agent/decisions/isolation.py).
        only=spec.isolation or IsolationKind.USERNS,
        network=network,
    )


def workspaces(tenants: tuple[Tenant, ...]) -> tuple[str, ...]:
    """Every directory that some engine is to see."""
    return tuple({workspace.path for tenant in tenants for workspace in tenant.workspaces})


class FirstLook:
    """Taken aside, with the mounts that the first engine will need.

    Attributes:
        blanks: these mounts, to be taken once; None where engines have no use for them.
    """

    def __init__(self, state_dir: str, spec: EngineSpec, tenants: tuple[Tenant, ...]) -> None:
        """Begin."""
        userns = os.geteuid() == 0 and spec.isolation in (None, IsolationKind.USERNS)
        self._facts = Aside(lambda: look(state_dir, spec, tenants, network=not userns))
        self._userns = userns
        self.blanks: BlankMountsInTheMaking | None = None
        if userns:
            from dinp.edges.blank_mounts import BlankMountsInTheMaking

            self.blanks = BlankMountsInTheMaking()

    def abandon(self) -> None:
        """Wait for its end only: it tries things out in the state directory, which may be about to go."""
        self._facts.abandon()

    def facts(self) -> NodeFacts | None:
        """Wait for what was seen; None when the look ended early."""
        from dinp.model.node_facts import NodeFacts

        network = None
        if self._userns:
            # Asked for here: making links takes the same library, which one process less has to import.
            from dinp.edges.network_probe import probe_network

            network = probe_network()
        found = self._facts.result()
        if not isinstance(found, NodeFacts):
            return None
        return replace(found, network=network) if network is not None else found
