"""Where the bed keeps its things: what `down` removes, and what it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """The bed's folders.

    state: image stores, volumes, logs; must be on a file system that overlayfs can write to (not itself an overlay).
    run: control sockets of the machines and the bed's lock.
    cluster: what people use: kubeconfig and bin/.
    """

    state: Path
    run: Path
    cluster: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> Layout:
        """The layout for this environment; DINP_BED_STATE moves the large part to another file system."""
        state = Path(environment.get("DINP_BED_STATE") or "/var/lib/dinp-bed")
        return Layout(state=state, run=Path("/run/dinp-bed"), cluster=CHECKOUT / ".cluster")

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, which reaches the API server on the loopback interface."""
        return self.cluster / "kubeconfig"

    @property
    def bin(self) -> Path:
        """The bed's programs under the names they are called by."""
        return self.cluster / "bin"

    @property
    def logs(self) -> Path:
        """One file per daemon: MACHINE.NAME.log."""
        return self.state / "logs"

    @property
    def pki(self) -> Path:
        """Certificates, keys and the components' own kubeconfigs."""
        return self.state / "pki"

    def machine(self, name: str) -> Path:
        """What one machine has on disk."""
        return self.state / "machines" / name

    def files(self, name: str) -> Path:
        """The machine's own files, over the host's: `files(name)/etc/x` is its /etc/x."""
        return self.machine(name) / "files"

    def control_socket(self, name: str) -> Path:
        """Where the machine's init takes orders."""
        return self.run / f"{name}.sock"
