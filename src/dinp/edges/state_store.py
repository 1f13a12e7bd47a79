"""What an agent keeps in its state directory: who it is, what each tenant owns, what is running.

STATE/agent.lock                  held as long as the agent lives (flock(2))
STATE/instance                    a short name that no other agent has: names of links, tables and groups hold it
STATE/tenants/NAME/ids            first id of the tenant's range, for ever
STATE/tenants/NAME/lease.json     what its running engine owns, written before it is made
STATE/tenants/NAME/data/          data-root; door/, run/, staging/: see model/engine_places.py
"""

import fcntl
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dinp.edges.small_files import read_text
from dinp.model.engine_places import TenantDirectories
from dinp.model.id_range import IdRange
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.value import Value, as_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from dinp.model.tenant_status import TenantStatus


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


_NAME_LENGTH = 5
"""As long as the name of an interface (15 characters) allows beside a link's number."""
_NAME = re.compile(r"[0-9a-f]{4,5}")


class StateStore:
    """The state directory of one agent."""

    def __init__(self, root: str) -> None:
        """For the directory `root`; nothing is read or made yet."""
        self.root = root
        self._name_taken: socket.socket | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only agent of this directory.

        Raises:
            WorldRefusedError: another agent is, and the sentence names it; or the directory is not this user's.
        """
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                from dinp.edges.process_events import command_line

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
            try:
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
            except OSError as error:
                raise self._unusable(error) from error
            try:
                yield
            finally:
                if self._name_taken is not None:
                    self._name_taken.close()

    def _lock_file(self) -> "TextIO":
        try:
            os.makedirs(self.root, mode=0o711, exist_ok=True)
            return open(f"{self.root}/agent.lock", "a+", encoding="utf-8")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> WorldRefusedError:
        if isinstance(error, PermissionError):
            sentence = f"The state directory {self.root} is not for user {os.geteuid()} to write to."
            remedy = "Give it to that user, or to a group of it (in a pod by fsGroup); or name another `state_dir`."
        else:
            sentence = f"The state directory {self.root} cannot be written to: {error.strerror or error}."
            remedy = "Name a directory on a file system that can be written to as `state_dir`."
        return WorldRefusedError(Problem("state-not-writable", sentence, remedy))

    def instance(self) -> str:
        """This agent's short name, the same at every start: four or five of 0-9 and a-f.

        One is drawn that no agent of this network namespace has while it is locked, and kept from others as long.
        """
        file = f"{self.root}/instance"
        name = read_text(file).strip()
        if _NAME.fullmatch(name):
            if self._name_taken is None:
                with suppress(OSError):  # who has it drew it while we were not there, once in a million times
                    self._name_taken = _take(name)
            return name
        while self._name_taken is None:
            name = os.urandom(3).hex()[:_NAME_LENGTH]
            with suppress(OSError):
                self._name_taken = _take(name)
        _write(file, name)
        return name

    def tenants(self) -> tuple[str, ...]:
        """Names of all tenants that ever had an engine here."""
        folder = f"{self.root}/tenants"
        return tuple(sorted(os.listdir(folder))) if os.path.isdir(folder) else ()

    def directories(self, tenant: str, socket: str) -> TenantDirectories:
        """A tenant's directories; they are made."""
        own = self._own(tenant)
        os.makedirs(own, mode=0o711, exist_ok=True)
        # A volume that belongs to a group (fsGroup) hands its set-group-id bit down, and every image would inherit it.
        os.chmod(own, 0o711)
        for name, mode in (("data", 0o710), ("run", 0o711), ("door", 0o755), ("staging", 0o700)):
            os.makedirs(f"{own}/{name}", mode=mode, exist_ok=True)
        return TenantDirectories(
            data=f"{own}/data", run=f"{own}/run", door=f"{own}/door", staging=f"{own}/staging", socket=socket
        )

    def _own(self, tenant: str) -> str:
        return f"{self.root}/tenants/{tenant}"

    def run_directory(self, tenant: str) -> str:
        """Where a tenant's run-time files go (TenantDirectories.run)."""
        return f"{self._own(tenant)}/run"

    def data_directory(self, tenant: str) -> str:
        """A tenant's data-root (TenantDirectories.data)."""
        return f"{self._own(tenant)}/data"

    def door(self, tenant: str) -> str:
        """The socket of a tenant's engine that is the agent's own."""
        return f"{self._own(tenant)}/door/docker.sock"

    def empty_run(self, tenant: str) -> None:
        """Remove what an earlier engine left of its run-time files."""
        run = self.run_directory(tenant)
        if os.path.isdir(run):
            _remove_tree(run)

    def ids(self) -> dict[str, IdRange]:
        """The id range of every tenant that has one."""
        found = {}
        for name in self.tenants():
            file = f"{self._own(name)}/ids"
            if os.path.exists(file):
                found[name] = _ids_in(file)
        return found

    def keep_ids(self, tenant: str, ids: IdRange) -> None:
        """Remember a tenant's range, for ever: files of that owner are in its data-root."""
        _write(f"{self._own(tenant)}/ids", f"{ids.first} {ids.count}")

    def lease(self, tenant: str) -> Lease | None:
        """What the tenant's engine owned when the agent last wrote it down; None when nothing.

        One that cannot be read was being written when the machine lost its power: nothing of it is left.
        """
        file = f"{self._own(tenant)}/lease.json"
        if not os.path.exists(file):
            return None
        try:
            values = json.loads(read_text(file))
            return Lease(**{**values, "spare": tuple(values["spare"]), "cgroups": tuple(values["cgroups"])})
        except (ValueError, TypeError, KeyError):
            return None

    def leases(self) -> dict[str, Lease]:
        """All leases, by tenant: before anything is started, those of an agent that was killed."""
        found = {name: self.lease(name) for name in self.tenants()}
        return {name: lease for name, lease in found.items() if lease is not None}

    def write_lease(self, tenant: str, lease: Lease) -> None:
        """Write down what the tenant's engine owns, or is about to."""
        _write(f"{self._own(tenant)}/lease.json", json.dumps(as_data(lease)))

    def write_status(self, status: "TenantStatus") -> None:
        """Tell whoever asks (`dinp status`) how a tenant is."""
        folder = self._own(status.tenant)
        os.makedirs(folder, mode=0o711, exist_ok=True)
        _write(f"{folder}/status.json", json.dumps(as_data(status)))

    def drop_status(self, tenant: str) -> None:
        """The tenant is nobody's business any more."""
        with suppress(FileNotFoundError):
            os.unlink(f"{self._own(tenant)}/status.json")

    def statuses(self) -> "tuple[TenantStatus, ...]":
        """How all tenants were when the agent last said so."""
        from dinp.model.tenant_status import TenantStatus

        files = [f"{self._own(name)}/status.json" for name in self.tenants()]
        return tuple(TenantStatus(**json.loads(read_text(file))) for file in files if os.path.exists(file))

    def agent_runs(self) -> bool:
        """Whether an agent serves this state directory now."""
        try:
            with open(f"{self.root}/agent.lock", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def log_path(self, tenant: str) -> str:
        """Where the last lines of the tenant's engines are kept."""
        return f"{self._own(tenant)}/engine.log"

    def drop_lease(self, tenant: str) -> None:
        """Nothing of the tenant's engine is left."""
        with suppress(FileNotFoundError):
            os.unlink(f"{self._own(tenant)}/lease.json")

    def forget(self, tenant: str) -> None:
        """Remove everything of a tenant, its cache too."""
        _remove_tree(self._own(tenant))


def _take(name: str) -> socket.socket:
    """Have a name for as long as the socket is open; abstract names are a network namespace's, as links are (unix(7)).

    Raises:
        OSError: somebody has it.
    """
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0dinp/{name}")
    except OSError:
        holder.close()
        raise
    return holder


def _ids_in(file: str) -> IdRange:
    text = read_text(file)
    words = text.split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        raise WorldRefusedError(
            Problem(
                "state-damaged",
                f"{file} holds {text!r}, and not the first of the tenant's ids and their number.",
                f"Write the owner of {os.path.dirname(file)}/data there, a space and 65536; or remove"
                f" {os.path.dirname(file)} with everything that the tenant has.",
            )
        )
    return IdRange(int(words[0]), int(words[1]))


def _write(file: str, text: str) -> None:
    """Replace a file in one step: it is never seen half written."""
    with open(f"{file}.new", "w", encoding="utf-8") as fresh:
        fresh.write(text)
    os.rename(f"{file}.new", file)


def _remove_tree(path: str) -> None:
    from pathlib import Path

    from dinp.edges.owned_trees import remove_tree

    remove_tree(Path(path))
