"""What tests do to the bed's nodes themselves: which images they have, and what earlier tests left on them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from testbed.components.containerd import CERTS_D
from testbed.layout import Layout
from testbed.machine.handle import MachineHandle, find
from testbed.plan import NODES


def handles() -> list[MachineHandle]:
    """The bed's nodes."""
    layout = Layout.of(os.environ)
    return [find(node.name, layout) for node in NODES]


def on(node: MachineHandle, *argv: str) -> str:
    """Run a command on a node. Raises AssertionError with its words when it fails."""
    done = subprocess.run(node.command(*argv), capture_output=True, text=True)
    assert done.returncode == 0, f"{argv} on {node.name}: {done.stderr}{done.stdout}"
    return done.stdout


def have_images(names: Iterable[str]) -> None:
    """Let every node have what the registry now has under these names ("library/docker:stable"), pulled beforehand."""
    have_references([f"docker.io/{name}" for name in names])


def have_references(references: Iterable[str]) -> None:
    """The same for images by their whole references ("registry.bed:5000/dinp/agent:1")."""
    wanted = list(references)
    ctr = [str(Layout.of(os.environ).bin / "ctr"), "--namespace=k8s.io", "images"]

    def pull(node: MachineHandle) -> None:
        for reference in wanted:
            on(node, *ctr, "rm", reference)
            on(node, *ctr, "pull", f"--hosts-dir={CERTS_D}", reference)

    with ThreadPoolExecutor() as threads:
        list(threads.map(pull, handles()))


def forget_docker() -> None:
    """Remove what an engine with host paths has left on the nodes: the next one begins as on a new node."""
    for node in handles():
        on(node, "sh", "-c", "rm -rf /run/docker.sock /run/docker.pid /run/docker /run/containerd/docker")
        on(node, "sh", "-c", "rm -rf /var/lib/docker/*")
