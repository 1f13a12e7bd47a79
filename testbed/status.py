"""`status`: each machine's daemons, and where their logs are."""

from __future__ import annotations

from testbed.bed import Say
from testbed.layout import Layout
from testbed.machine.handle import find
from testbed.plan import MACHINES
from testbed.waiting import NotReadyError


def show(layout: Layout, say: Say) -> int:
    """Say what runs. Returns 0 when all of it does, else 1."""
    whole = True
    for machine in MACHINES:
        try:
            handle = find(machine.name, layout)
        except NotReadyError as error:
            say(str(error))
            whole = False
            continue
        say(f"{machine.name}  {machine.ip}  init {handle.pid}")
        for name, code in handle.exit_codes().items():
            state = "running" if code is None else f"ended with {code}"
            whole = whole and code is None
            say(f"    {name:<26} {state:<16} {layout.logs / f'{machine.name}.{name}.log'}")
    return 0 if whole else 1
