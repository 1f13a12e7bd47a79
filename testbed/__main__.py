"""`python -m testbed up|down|status|shell NODE`: a real Kubernetes on this machine; see also `make cluster`."""

from __future__ import annotations

import argparse
import os
import sys

from testbed import down, status, up
from testbed.layout import Layout
from testbed.machine.handle import find
from testbed.plan import MACHINES
from testbed.waiting import NotReadyError
from tools.provision.refusal import RefusalError


def main() -> int:
    """The exit code: 0 done, 1 the bed did not come up, 3 the machine lacks something, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m testbed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring the bed up (and take an older one away first)")
    commands.add_parser("down", help="remove the bed, all but the compiled programs")
    commands.add_parser("status", help="what runs on each machine")
    shell = commands.add_parser("shell", help="a shell on a machine of the bed")
    shell.add_argument("machine", choices=[machine.name for machine in MACHINES])
    arguments = parser.parse_args()
    layout = Layout.of(os.environ)
    try:
        if arguments.command == "up":
            up.up(layout, say)
        elif arguments.command == "down":
            down.remove_all(layout, say)
        elif arguments.command == "status":
            return status.show(layout, say)
        else:
            command = find(arguments.machine, layout).command(os.environ.get("SHELL", "/bin/sh"))
            os.execvp(command[0], command)
    except (NotReadyError, RefusalError) as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 3 if isinstance(error, RefusalError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


def say(text: str) -> None:
    """Progress goes to standard error, at once."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
