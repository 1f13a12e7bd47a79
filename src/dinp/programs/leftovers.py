"""What an agent that was killed left behind: found by its leases, taken over or removed, nothing else touched."""

import os

from dinp.edges import cgroups, listeners
from dinp.edges.linux_syscalls import pidfd_getfd
from dinp.edges.listeners import Listener
from dinp.edges.network import leftovers
from dinp.edges.process_events import start_time, wait_for_exit
from dinp.edges.sessions import end_session
from dinp.edges.state_store import Lease, StateStore
from dinp.model.tenant import Tenant


def take_over(store: StateStore, leases: dict[str, Lease], tenants: tuple[Tenant, ...]) -> dict[str, Listener]:
    """End engines whose agent is gone and remove what was theirs; keep their listening sockets, with their queues.

    Args:
        store: the state directory, locked.
        leases: what the killed agent had written down, by tenant.
        tenants: those that will be served again.

    Returns:
        The listeners of tenants whose orphaned engine still held one: clients that wait in it lose nothing.
    """
    sockets = {tenant.name: tenant.socket for tenant in tenants}
    kept: dict[str, Listener] = {}
    for name, lease in leases.items():
        if _lives(lease):
            descriptor = _listening_descriptor(lease) if name in sockets else None
            listener = listeners.adopt(sockets[name], descriptor) if descriptor is not None else None
            if listener is not None:
                kept[name] = listener
            end_session(lease.pid, store.run_directory(name))
            wait_for_exit(lease.pid, kill=True)
        cgroups.remove(lease.cgroups)
        for spare in lease.spare:
            if os.path.lexists(spare):
                os.unlink(spare)
    if any(lease.index is not None for lease in leases.values()):
        leftovers.remove(store.instance())
    for name in leases:
        store.drop_lease(name)
    return kept


def _lives(lease: Lease) -> bool:
    return lease.pid > 0 and start_time(lease.pid) == lease.started


def _listening_descriptor(lease: Lease) -> int | None:
    pidfd = os.pidfd_open(lease.pid)
    try:
        return pidfd_getfd(pidfd, lease.first_socket)
    except OSError:
        return None
    finally:
        os.close(pidfd)
