"""What an agent keeps in its state directory: who it is, what each tenant owns, what is running.

STATE/agent.lock                  held as long as the agent lives (flock(2))
STATE/instance                    a short name that no other agent on the machine has
STATE/tenants/NAME/ids            first id of the tenant's range, for ever
STATE/tenants/NAME/lease.json     what its running engine owns, written before it is made
STATE/tenants/NAME/data/          data-root; door/, run/, staging/: see model/engine_places.py
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dinp.edges.owned_trees import remove_tree
from dinp.edges.process_events import command_line
from dinp.model.engine_places import TenantDirectories
from dinp.model.id_range import IdRange
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.tenant_status import TenantStatus
from dinp.model.value import Value, as_data


class Lease(Value):
    """What one engine owns on the machine; enough to find and remove exactly that after a `kill -9`.

    Attributes:
        pid, started: its first process; 0 before it exists.
        cgroups: directories of its control group, one per hierarchy.
        index: number of its link among the agent's; None without one.
        spare: second names of its socket files.
        first_socket: number of the descriptor by which its first process holds the tenant's socket.
    """

    pid: int = 0
    started: int = 0
    cgroups: tuple[str, ...] = ()
    index: int | None = None
    spare: tuple[str, ...] = ()
    first_socket: int = 3


class StateStore:
    """The state directory of one agent."""

    def __init__(self, root: str) -> None:
        """For the directory `root`; nothing is read or made yet."""
        self.root = Path(root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only agent of this directory.

        Raises:
            WorldRefusedError: another agent is; the sentence names it.
        """
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        with (self.root / "agent.lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                holder = lock.read().strip()
                name = command_line(int(holder)) if holder.isdigit() else "another process"
                raise WorldRefusedError(
                    Problem(
                        "state-in-use",
                        f"The state directory {self.root} belongs to a running agent: {name}.",
                        "Stop it, or give this one another `state_dir`.",
                    )
                ) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def instance(self) -> str:
        """This agent's short name, the same at every start: four characters of a-z and 0-9."""
        file = self.root / "instance"
        if not file.exists():
            _write(file, os.urandom(2).hex())
        return file.read_text(encoding="ascii").strip()

    def tenants(self) -> tuple[str, ...]:
        """Names of all tenants that ever had an engine here."""
        folder = self.root / "tenants"
        return tuple(sorted(entry.name for entry in folder.iterdir())) if folder.is_dir() else ()

    def directories(self, tenant: str, socket: str) -> TenantDirectories:
        """A tenant's directories; they are made."""
        own = self.root / "tenants" / tenant
        for name, mode in (("data", 0o710), ("run", 0o711), ("door", 0o755), ("staging", 0o700)):
            (own / name).mkdir(mode=mode, parents=True, exist_ok=True)
        own.chmod(0o711)
        return TenantDirectories(
            data=str(own / "data"),
            run=str(own / "run"),
            door=str(own / "door"),
            staging=str(own / "staging"),
            socket=socket,
        )

    def run_directory(self, tenant: str) -> str:
        """Where a tenant's run-time files go (TenantDirectories.run)."""
        return str(self.root / "tenants" / tenant / "run")

    def data_directory(self, tenant: str) -> str:
        """A tenant's data-root (TenantDirectories.data)."""
        return str(self.root / "tenants" / tenant / "data")

    def door(self, tenant: str) -> str:
        """The socket of a tenant's engine that is the agent's own."""
        return str(self.root / "tenants" / tenant / "door" / "docker.sock")

    def empty_run(self, tenant: str) -> None:
        """Remove what an earlier engine left of its run-time files."""
        run = self.root / "tenants" / tenant / "run"
        if run.is_dir():
            remove_tree(run)

    def ids(self) -> dict[str, IdRange]:
        """The id range of every tenant that has one."""
        found = {}
        for name in self.tenants():
            file = self.root / "tenants" / name / "ids"
            if file.exists():
                found[name] = IdRange(*map(int, file.read_text(encoding="ascii").split()))
        return found

    def keep_ids(self, tenant: str, ids: IdRange) -> None:
        """Remember a tenant's range, for ever: files of that owner are in its data-root."""
        _write(self.root / "tenants" / tenant / "ids", f"{ids.first} {ids.count}")

    def lease(self, tenant: str) -> Lease | None:
        """What the tenant's engine owned when the agent last wrote it down; None when nothing."""
        file = self.root / "tenants" / tenant / "lease.json"
        if not file.exists():
            return None
        values = json.loads(file.read_text(encoding="utf-8"))
        return Lease(**{**values, "spare": tuple(values["spare"]), "cgroups": tuple(values["cgroups"])})

    def leases(self) -> dict[str, Lease]:
        """All leases, by tenant: before anything is started, those of an agent that was killed."""
        found = {name: self.lease(name) for name in self.tenants()}
        return {name: lease for name, lease in found.items() if lease is not None}

    def write_lease(self, tenant: str, lease: Lease) -> None:
        """Write down what the tenant's engine owns, or is about to."""
        _write(self.root / "tenants" / tenant / "lease.json", json.dumps(as_data(lease)))

    def write_status(self, status: TenantStatus) -> None:
        """Tell whoever asks (`dinp status`) how a tenant is."""
        folder = self.root / "tenants" / status.tenant
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        _write(folder / "status.json", json.dumps(as_data(status)))

    def statuses(self) -> tuple[TenantStatus, ...]:
        """How all tenants were when the agent last said so."""
        files = [self.root / "tenants" / name / "status.json" for name in self.tenants()]
        return tuple(TenantStatus(**json.loads(file.read_text(encoding="utf-8"))) for file in files if file.exists())

    def agent_runs(self) -> bool:
        """Whether an agent serves this state directory now."""
        try:
            with (self.root / "agent.lock").open(encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def log_path(self, tenant: str) -> str:
        """Where the last lines of the tenant's engines are kept."""
        return str(self.root / "tenants" / tenant / "engine.log")

    def drop_lease(self, tenant: str) -> None:
        """Nothing of the tenant's engine is left."""
        (self.root / "tenants" / tenant / "lease.json").unlink(missing_ok=True)

    def forget(self, tenant: str) -> None:
        """Remove everything of a tenant, its cache too."""
        remove_tree(self.root / "tenants" / tenant)


def _write(file: Path, text: str) -> None:
    """Replace a file in one step: it is never seen half written."""
    temporary = file.with_name(file.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(file)
