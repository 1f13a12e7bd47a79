"""Opens the sockets of all tenants, before anything that takes time to import.

From then on a client can connect and waits in the kernel's queue: there is no start to be raced.
"""

from contextlib import ExitStack
from dataclasses import dataclass

from dinp.edges import listeners
from dinp.edges.listeners import Listener
from dinp.edges.state_store import StateStore
from dinp.model.agent_config import AgentConfig
from dinp.model.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Doors:
    """Open sockets.

    Attributes:
        store: the state directory, locked.
        listeners: by tenant's name.
        closing: closes the sockets, takes their paths away and lets the state directory go.
    """

    store: StateStore
    listeners: dict[str, Listener]
    closing: ExitStack


def open_doors(config: AgentConfig) -> Doors:
    """Open every tenant's socket.

    What an agent that was killed left in the same state directory is taken over first: its engines are ended, but
    the queues of their sockets are kept.

    Raises:
        DinpError: a socket cannot be had, or another agent uses the state directory; nothing stays open then.
    """
    store = StateStore(config.state_dir)
    opened: dict[str, Listener] = {}
    with ExitStack() as closing:
        closing.enter_context(store.locked())
        leases = store.leases()
        if leases:
            from dinp.programs.leftovers import take_over

            opened.update(take_over(store, leases, config.tenants))
        for tenant in config.tenants:
            listener = opened.get(tenant.name) or listeners.listen(tenant.socket)
            closing.callback(withdraw, tenant, listener)
            opened[tenant.name] = listener
        return Doors(store, opened, closing.pop_all())


def withdraw(tenant: Tenant, listener: Listener) -> None:
    """Close a listener and take its path away; harmless when its tenant has retired already."""
    if listener.socket.fileno() >= 0:
        listeners.remove(tenant.socket, listener)
