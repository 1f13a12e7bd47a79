"""Opens the sockets of all tenants, before anything that takes time to import.

From then on a client can connect and waits in the kernel's queue: there is no start to be raced.
"""

from contextlib import ExitStack

from dinp.edges import tenant_doors
from dinp.edges.listeners import Listener
from dinp.edges.state_store import StateStore
from dinp.edges.tenant_doors import TenantDoors
from dinp.model.agent_config import AgentConfig
from dinp.model.value import Value


class Doors(Value):
    """Open sockets.

    Attributes:
        store: the state directory, locked.
        tenants: by tenant's name.
        closing: closes the sockets, takes their paths away and lets the state directory go.
    """

    store: StateStore
    tenants: dict[str, TenantDoors]
    closing: ExitStack


def open_doors(config: AgentConfig) -> Doors:
    """Open every tenant's socket.

    What an agent that was killed left in the same state directory is taken over first: its engines are ended, but
    the queues of their sockets are kept.

    Raises:
        DinpError: a socket cannot be had, or another agent uses the state directory; nothing stays open then.
    """
    store = StateStore(config.state_dir)
    taken_over: dict[str, Listener] = {}
    opened: dict[str, TenantDoors] = {}
    with ExitStack() as closing:
        closing.enter_context(store.locked())
        leases = store.leases()
        if leases:
            from dinp.programs.leftovers import take_over

            taken_over = take_over(store, leases, config.tenants)
        for tenant in config.tenants:
            doors = tenant_doors.open_doors(tenant, taken_over.get(tenant.name))
            closing.callback(tenant_doors.remove, doors)
            opened[tenant.name] = doors
        return Doors(store, opened, closing.pop_all())
