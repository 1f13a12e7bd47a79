"""What every component is given: the folders, the machines, and the certificates' authority."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed import pki
from testbed.layout import Layout
from testbed.machine.handle import Daemon, MachineHandle, environment
from testbed.plan import API_PORT, CONTROL

Say = Callable[[str], None]
"""Takes one line for the person who waits."""


@dataclass(frozen=True)
class Bed:
    """A bed that is coming up."""

    layout: Layout
    say: Say
    ca: pki.KeyPair

    def start(self, machine: MachineHandle, program: str, *options: str, name: str | None = None) -> Daemon:
        """Start one of the bed's programs on a machine, with the bed's programs first on its PATH."""
        own = self.layout.bin / program
        argv = [str(own) if own.exists() else program, *options]
        return machine.start(name or program, argv, environment() | {"PATH": f"{self.layout.bin}:{os.environ['PATH']}"})

    def key_pair(
        self, name: str, common_name: str, groups: Sequence[str] = (), names: Sequence[str] = ()
    ) -> pki.KeyPair:
        """A key pair signed by the bed's authority, also written to pki/NAME.crt and .key."""
        pair = pki.leaf(self.ca, common_name, groups=groups, names=names)
        pair.write(self.layout.pki, name)
        return pair

    def kubeconfig(self, name: str, user: str, groups: Sequence[str] = ()) -> str:
        """Write pki/NAME.kubeconfig for a component on one of the machines and return its path."""
        path = self.layout.pki / f"{name}.kubeconfig"
        path.write_text(pki.kubeconfig(f"https://{CONTROL.ip}:{API_PORT}", self.ca, self.key_pair(name, user, groups)))
        return str(path)

    def pki_file(self, name: str) -> str:
        """The path of a file in pki/."""
        return str(self.layout.pki / name)
