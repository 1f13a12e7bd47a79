"""`python -m testbed --help`: a real Kubernetes on this machine (`make cluster` is the usual door)."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from testbed import down, power, programs, status, up
from testbed.images.build import built_images, push_all
from testbed.layout import Layout
from testbed.machine.handle import find
from testbed.plan import MACHINES, NODES
from testbed.waiting import NotReadyError
from tools.oci.registry_client import RegistryClient
from tools.provision.refusal import RefusalError

NODE_COMMANDS = {
    "shell": "a shell on a machine of the bed",
    "kill": "pull the plug of a node",
    "revive": "boot a killed node again, with the disk that it had",
}


def main() -> int:
    """The exit code: 0 done, 1 the bed did not come up, 3 the machine lacks something, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m testbed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring the bed up (and take an older one away first)")
    commands.add_parser("down", help="remove the bed, all but the compiled programs")
    commands.add_parser("status", help="what runs on each machine")
    for name, text in NODE_COMMANDS.items():
        named = commands.add_parser(name, help=text)
        named.add_argument("machine", choices=[machine.name for machine in (MACHINES if name == "shell" else NODES)])
    within = commands.add_parser("with", help="run a command while the bed is up; take down what was not up before")
    within.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- CMD …")
    push = commands.add_parser("push", help="push the bed's images to the registry of another cluster")
    push.add_argument("registry", metavar="HOST:PORT", help="a registry that speaks plain HTTP")
    arguments = parser.parse_args()
    try:
        return run(arguments, Layout.of(os.environ))
    except (NotReadyError, RefusalError) as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 3 if isinstance(error, RefusalError) else 1
    except KeyboardInterrupt:
        return 130


def run(arguments: argparse.Namespace, layout: Layout) -> int:
    """Do what the command line says; returns the exit code."""
    match arguments.command:
        case "up":
            up.up(layout, say)
        case "down":
            down.remove_all(layout, say)
        case "status":
            return status.show(layout, say)
        case "kill":
            power.kill(layout, arguments.machine)
        case "revive":
            power.bring_back(layout, arguments.machine, say)
        case "shell":
            command = find(arguments.machine, layout).command(os.environ.get("SHELL", "/bin/sh"))
            os.execvp(command[0], command)
        case "push":
            push_images(layout, arguments.registry)
        case _:
            return run_with_bed(layout, [word for word in arguments.argv if word != "--" or arguments.argv[0] != word])
    return 0


def push_images(layout: Layout, registry: str) -> None:
    """Push the bed's images to another registry."""
    programs.install(layout, os.environ, say)
    host, _, port = registry.rpartition(":")
    images = built_images(layout, os.environ, say)
    push_all(images, layout.bin / "docker-registry", RegistryClient(host, int(port)), say)


def run_with_bed(layout: Layout, argv: list[str]) -> int:
    """Run a command while the bed is up; a bed that was up and whole before stays up. Another cluster needs none."""
    ours = "DINP_TEST_KUBECONFIG" not in os.environ and status.show(layout, lambda _: None) != 0
    if ours:
        up.up(layout, say)
    try:
        return subprocess.run(argv, check=False).returncode
    finally:
        if ours:
            down.remove_all(layout, say)


def say(text: str) -> None:
    """Progress goes to standard error, at once."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
