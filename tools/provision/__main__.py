"""`python3 -m tools.provision`: what `make setup` runs. Exit code 3 when a person has to install something first."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tools.provision import apt, virtual_environment
from tools.provision.cache import Cache
from tools.provision.command import CommandFailedError
from tools.provision.decide import Plan, plan, wanted_programs
from tools.provision.environment import as_shell, docker_config, variables
from tools.provision.folders import (
    Folder,
    Sources,
    assemble,
    client_folder,
    engine_folders,
    other_engine_folders,
    tools_folder,
)
from tools.provision.go_programs import go_program, ready_go_program, require_go
from tools.provision.images import image
from tools.provision.machine import read_machine
from tools.provision.needs import PURPOSES, Needs, Purpose, needs_for
from tools.provision.refusal import RefusalError

CHECKOUT = Path(__file__).resolve().parents[2]


def say(line: str) -> None:
    """Progress goes to standard error, so that --print-env can be evaluated."""
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.provision", description=__doc__)
    parser.add_argument("--for", dest="purpose", choices=PURPOSES, default="test", help="what to make ready (test)")
    parser.add_argument("--check", action="store_true", help="only say what is missing; change nothing")
    parser.add_argument("--refresh", action="store_true", help="look for newer versions of the unpacked packages")
    parser.add_argument("--print-env", choices=PURPOSES, help="print the environment for this purpose, for eval in sh")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        if options.print_env:
            print(as_shell(environment_for(options.print_env)), end="")
        elif options.check:
            return check(options.purpose)
        else:
            provision(options.purpose, refresh=options.refresh)
    except RefusalError as refusal:
        say(f"setup: {refusal}")
        return 3
    except CommandFailedError as failed:
        say(f"setup: {failed}")
        return 1
    except KeyboardInterrupt:
        say("setup: interrupted; nothing is left half-done, and what is complete is kept")
        return 130
    return 0


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite kill is cleaned up after like Ctrl-C."""
    raise KeyboardInterrupt


def look(purpose: Purpose) -> tuple[Needs, Plan, Sources]:
    """What is needed, what to do for it, and where files come from. Raises RefusalError."""
    needs = needs_for(purpose)
    machine = read_machine(wanted_programs(needs))
    planned = plan(machine, needs)
    cache = Cache.of(os.environ)
    packages = apt.packages_folder(cache, machine.os_release)
    return needs, planned, Sources(cache, packages, planned.from_path, needs)


def provision(purpose: Purpose, *, refresh: bool) -> None:
    """Make this machine ready; says at the end where things are."""
    say(f"setup: making this machine ready for `{purpose}`")
    needs, planned, sources = look(purpose)
    for program in needs.compiled:
        # Before the long work: without Go all of it would be for nothing.
        if ready_go_program(program, sources.cache) is None:
            require_go(program)
    unpack = [one for one in planned.unpack if refresh or not apt.unpacked_versions(one.package, sources.packages)]
    if planned.install or unpack:
        known = apt.require_known([*planned.install, *(one.package for one in unpack if not one.optional)], say)
        known |= apt.known_packages(one.package for one in unpack if one.optional)
        libraries = apt.not_installed(apt.dependencies(sorted(known.intersection(one.package for one in unpack))))
        apt.install([*planned.install, *libraries], say)
        apt.unpack([one for one in unpack if one.package in known], sources.packages, sources.cache, say=say)
        apt.remember_absent([one.package for one in unpack if one.package not in known], sources.packages)
    for program in needs.compiled:
        go_program(program, sources.cache, say=say)
    for folder in all_folders(sources):
        assemble(folder, sources.cache, say=say)
    busybox = tools_folder(sources).path(sources.cache) / "bin" / "busybox-static"
    for name in needs.images:
        image(name, sources.cache, busybox, say=say)
    write_docker_config(sources)
    with sources.cache.locked(f"venv of {CHECKOUT}", say):
        virtual_environment.make(virtual_environment.VirtualEnvironment(CHECKOUT), purpose, say=say)
    all_engines = (*engine_folders(sources), *other_engine_folders(sources))
    engines = [f"{one.name} in {one.path(sources.cache)}/bin" for one in all_engines]
    say("setup: ready" + "".join(f"; {engine}" for engine in engines))


def all_folders(sources: Sources) -> tuple[Folder, ...]:
    """Every folder that these sources give files for."""
    engines = (*engine_folders(sources), *other_engine_folders(sources))
    folders = (*engines, client_folder(sources), tools_folder(sources))
    return tuple(folder for folder in folders if folder.files)


def write_docker_config(sources: Sources) -> None:
    """Give the tests a configuration of the docker command in which it finds its plugins, if there are any."""
    clients = client_folder(sources)
    if not any(name.startswith("cli-plugins/") for name in clients.files):
        return
    config = docker_config(CHECKOUT)
    config.mkdir(parents=True, exist_ok=True)
    plugins = clients.path(sources.cache) / "cli-plugins"
    (config / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(plugins)]}, indent=2) + "\n")


def environment_for(purpose: Purpose) -> dict[str, str]:
    """The variables of a purpose that is ready."""
    _, _, sources = look(purpose)
    return variables(sources, purpose, CHECKOUT, os.environ)


def check(purpose: Purpose) -> int:
    """Say what `provision` would do. Returns 0 when that is nothing, else 3; changes nothing."""
    needs, planned, sources = look(purpose)
    missing = [f"apt package {name}" for name in planned.install]
    missing += [
        f"unpacked package {one.package}"
        for one in planned.unpack
        if not one.optional and not apt.unpacked_versions(one.package, sources.packages)
    ]
    missing += [
        f"Go program {program.name} {program.version}"
        for program in needs.compiled
        if ready_go_program(program, sources.cache) is None
    ]
    missing += [
        f"folder {one.path(sources.cache)}" for one in all_folders(sources) if not one.path(sources.cache).exists()
    ]
    if not virtual_environment.is_ready(virtual_environment.VirtualEnvironment(CHECKOUT), purpose):
        missing.append("the packages of .venv")
    say(f"setup: for `{purpose}` " + ("everything is there" if not missing else "there is still missing:"))
    for one in missing:
        say(f"  {one}")
    return 3 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
