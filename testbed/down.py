"""`down`: everything of the bed, found by its cgroups and folders alone, so also after a kill -9 of `up`."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from testbed.bed import Say
from testbed.layout import Layout
from testbed.machine import cgroups
from testbed.machine.handle import end_all


def remove_all(layout: Layout, say: Say, *, keep_logs: bool = False) -> None:
    """End the bed's processes and remove its cgroups and folders; mounts and links go with their namespaces."""
    living = cgroups.processes()
    if living:
        say(f"ending {len(living)} processes of the bed")
    end_all()
    layout.kubeconfig.unlink(missing_ok=True)
    shutil.rmtree(layout.run, ignore_errors=True)
    _remove_state(layout.state, keep=layout.logs if keep_logs else None)


def _remove_state(state: Path, keep: Path | None) -> None:
    if not state.exists():
        return
    for entry in state.iterdir():
        if entry != keep:
            shutil.rmtree(entry)
    if keep is None:
        with contextlib.suppress(FileNotFoundError):
            state.rmdir()
