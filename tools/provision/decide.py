"""From facts to a plan, or to a sentence that says what a person has to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tools.provision.distributions import DEBIAN, Family, family_of, how_to_install, package_of
from tools.provision.machine import Machine
from tools.provision.needs import Needs, Program, Unpacked
from tools.provision.refusal import RefusalError

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Plan:
    """Packages for apt to install, and to unpack; `from_path` says to use what is on PATH instead."""

    install: tuple[str, ...]
    unpack: tuple[Unpacked, ...]
    from_path: bool


def wanted_programs(needs: Needs) -> tuple[str, ...]:
    """Every program that it is worth looking for, also those that are unpacked where there is apt."""
    return tuple(one.name for one in needs.programs) + tuple(name for one in needs.unpacked for name in one.programs)


def plan(machine: Machine, needs: Needs) -> Plan:
    """What to do on this machine for these needs. Raises RefusalError when a person has to act first."""
    require_linux(machine)
    require_new_python(machine)
    family = family_of(machine.os_release)
    missing = [one for one in needs.programs if one.name not in machine.present]
    if not machine.has_apt or family != DEBIAN:
        require_venv(machine)
        require_present(machine, needs, missing, family)
        return Plan(install=(), unpack=(), from_path=True)
    packages = sorted({package_of(one.name, DEBIAN) for one in missing})
    if not machine.has_venv:
        missing.append(Program("ensurepip", "Python's virtual environments"))
        packages.append(f"python{version(machine)}-venv")
    if packages and not machine.is_root:
        raise RefusalError(
            f"Missing: {sentence(missing)}. Installing takes root, and this is an ordinary user.",
            f"Run once as root (sudo), then repeat this:\n  {DEBIAN.install} {' '.join(packages)}",
        )
    return Plan(install=tuple(packages), unpack=needs.unpacked, from_path=False)


def require_linux(machine: Machine) -> None:
    """Refuse anything but Linux; on a Mac, say how to get one."""
    if machine.system == "Linux":
        return
    if machine.system == "Darwin":
        raise RefusalError(
            "This is macOS; Docker engines need a Linux kernel.",
            "Make a Linux machine and run this in it: "
            "Lima (`limactl start template://debian`, `limactl shell debian`), "
            "Colima (`colima start`, `colima ssh`), Multipass (`multipass launch`, `multipass shell`), or UTM.",
        )
    raise RefusalError(
        f"This is {machine.system}; Docker engines need a Linux kernel.", "On Windows, use WSL 2 with Debian."
    )


def require_new_python(machine: Machine) -> None:
    """Refuse a Python that is too old."""
    if machine.python < OLDEST_PYTHON:
        raise RefusalError(
            f"Python {version(machine)} is too old: dinp needs 3.11 or newer.",
            "Install a newer one and name it: make PYTHON=python3.12 …",
        )


def require_venv(machine: Machine) -> None:
    """Refuse a Python that cannot make virtual environments, where apt cannot mend it."""
    if not machine.has_venv:
        raise RefusalError(
            f"Python {version(machine)} cannot make virtual environments here.",
            "Install the package that has Python's venv and ensurepip modules.",
        )


def version(machine: Machine) -> str:
    """3.11 and the like."""
    return ".".join(map(str, machine.python))


def require_present(machine: Machine, needs: Needs, missing: list[Program], family: Family | None) -> None:
    """Without apt nothing is installed by us: refuse with the names of all that is missing."""
    engine = [
        Program(name, one.why)
        for one in needs.unpacked if not one.optional
        for name in one.programs if name not in machine.present
    ]  # fmt: skip
    absent = [one.name for one in missing] + [one.name for one in engine]
    if absent:
        raise RefusalError(
            f"Missing: {', '.join(absent)}. Without apt on a Debian or Ubuntu, nothing is installed for you.",
            "Install as root, without enabling any service, then repeat this:\n  " + how_to_install(absent, family),
        )


def sentence(programs: list[Program]) -> str:
    """Names with their reasons, for a person."""
    return "; ".join(f"{one.name} ({one.why})" for one in programs)
