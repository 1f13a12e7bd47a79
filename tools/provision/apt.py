"""Debian packages: which version there is, what a package depends on, installing, and unpacking without installing."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tools.provision.cache import HALF_DONE, Cache, new_folder
from tools.provision.command import CommandFailedError, Say, output_of, run_long
from tools.provision.needs import Unpacked
from tools.provision.refusal import RefusalError

ONLY_FOR_MAINTAINER_SCRIPTS = frozenset({"adduser", "init-system-helpers", "lsb-base", "debconf", "sysvinit-utils"})
"""Dependencies of what runs at installation. What is only unpacked has no use for them."""

WRITTEN_BY_DINP = frozenset({"golang-github-containers-common"})
"""Dependencies that hold nothing but configuration files, all of which dinp writes for each engine by itself."""


def environment() -> Mapping[str, str]:
    """No questions, no translations, and no restart of services by needrestart(1) after an upgraded library."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "LC_ALL": "C.UTF-8"}
    return os.environ | quiet


def known_packages(packages: Iterable[str]) -> frozenset[str]:
    """Those packages for which apt's lists have a version to install."""
    wanted = list(packages)
    if not wanted:
        return frozenset()
    return parse_candidates(output_of(["apt-cache", "policy", *wanted], env=environment()))


def require_known(packages: Sequence[str], say: Say) -> frozenset[str]:
    """All of these packages, once apt knows them: its lists are refreshed for that when they are missing or too old.

    Raises RefusalError with the names of those that it does not know even then.
    """
    if not known_packages(packages).issuperset(packages):
        refresh_lists(say)
    unknown = sorted(set(packages) - known_packages(packages))
    if unknown:
        raise RefusalError(
            f"apt knows no package {', '.join(unknown)}.", "Enable main in apt's sources (on Ubuntu, universe too)."
        )
    return frozenset(packages)


def parse_candidates(policy: str) -> frozenset[str]:
    """The packages that have a candidate, from the output of `apt-cache policy NAME…`."""
    found = re.findall(r"^(\S+):\n(?:  .*\n)*?  Candidate: (\S+)$", policy, flags=re.MULTILINE)
    return frozenset(name for name, version in found if version != "(none)")


def dependencies(packages: Sequence[str]) -> tuple[str, ...]:
    """What these packages need to run, apart from each other, as names that apt knows; first of alternatives."""
    if not packages:
        return ()
    fields = output_of(["apt-cache", "show", "--no-all-versions", *packages], env=environment())
    return parse_dependencies(fields, without=frozenset(packages) | ONLY_FOR_MAINTAINER_SCRIPTS | WRITTEN_BY_DINP)


def parse_dependencies(stanzas: str, *, without: frozenset[str]) -> tuple[str, ...]:
    """Names in the Depends fields of `apt-cache show` (deb-control(5): versions, :any and alternatives are dropped)."""
    names: dict[str, None] = {}
    for field in re.findall(r"^Depends: (.*)$", stanzas, flags=re.MULTILINE):
        for clause in field.split(","):
            name = re.split(r"[\s(:|]", clause.strip(), maxsplit=1)[0]
            if name and name not in without:
                names[name] = None
    return tuple(names)


def not_installed(packages: Iterable[str]) -> tuple[str, ...]:
    """Those packages that dpkg does not have installed."""
    wanted = list(packages)
    if not wanted:
        return ()
    argv = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"]
    try:
        listing = output_of(argv, env=environment())
    except CommandFailedError:
        return tuple(wanted)
    have = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return tuple(name for name in wanted if name not in have)


def refresh_lists(say: Say) -> None:
    """`apt-get update`; root's, or nobody's. Raises RefusalError for an ordinary user and when no server answers."""
    if os.geteuid() != 0:
        raise RefusalError(
            "apt's package lists are missing or old, and this is an ordinary user.", "Run: sudo apt-get update"
        )
    say("  refreshing apt's package lists")
    try:
        run_long(["apt-get", "update", "-q"], say=say, env=environment())
    except CommandFailedError as failed:
        raise RefusalError(
            "apt-get update failed:\n" + failed.output, "Check the network and apt's sources."
        ) from failed


def with_fresh_lists(action: Callable[[], None], say: Say) -> None:
    """Do it; if that fails, because lists are old and name files that are gone, refresh them and do it again."""
    try:
        action()
    except CommandFailedError:
        refresh_lists(say)
        action()


def install(packages: Sequence[str], say: Say) -> None:
    """Install packages that start no service, without recommended ones; --no-remove: nobody's package goes for ours."""
    if not packages:
        return
    if os.geteuid() != 0:
        raise RefusalError(
            f"Not installed: {', '.join(packages)}. Installing takes root, and this is an ordinary user.",
            f"Run once as root (sudo), then repeat this: apt-get install --no-install-recommends {' '.join(packages)}",
        )
    say(f"  installing with apt: {' '.join(packages)}")
    argv = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=300"]
    try:
        with_fresh_lists(lambda: run_long([*argv, *packages], say=say, env=environment()), say)
    except CommandFailedError as failed:
        raise RefusalError(
            "apt-get could not install them:\n" + failed.output, "Fix what apt says, then repeat this."
        ) from failed


def packages_folder(cache: Cache, os_release: Mapping[str, str]) -> Path:
    """Where unpacked packages are: apart for each release, because their libraries differ."""
    release = f"{os_release.get('ID', 'linux')}-{os_release.get('VERSION_ID', 'rolling')}-{os.uname().machine}"
    return cache.root / "debian" / release


def unpacked_versions(package: str, folder: Path) -> list[Path]:
    """The versions of a package that are there, the one unpacked last first."""
    found = [path for path in (folder / package).glob("*") if not path.name.startswith(HALF_DONE)]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def unpack(wanted: Sequence[Unpacked], folder: Path, cache: Cache, *, say: Say) -> None:
    """Download and unpack these packages below `folder`/PACKAGE/VERSION; nothing is installed or started."""
    for one in wanted:
        with cache.locked(f"debian-{one.package}", say):
            with_fresh_lists(functools.partial(unpack_one, one.package, folder, say=say), say)


def remember_absent(packages: Sequence[str], folder: Path) -> None:
    """Note that this release has no such packages, as versions without files, so that apt is not asked each time."""
    for package in packages:
        (folder / package / "absent").mkdir(parents=True, exist_ok=True)


def unpack_one(package: str, folder: Path, *, say: Say) -> None:
    """Download the candidate version of one package and unpack it, unless that version is there."""
    version = candidate_version(package)
    final = folder / package / version
    if final.exists():
        return
    say(f"  unpacking {package} {version} (not installed; kept in {final})")
    with new_folder(final) as half_done:
        download(package, half_done)
        (archive,) = half_done.glob("*.deb")
        output_of(["dpkg", "--extract", str(archive), str(half_done)])
        archive.unlink()


def candidate_version(package: str) -> str:
    """The version that apt would install now, without its epoch, fit for a file name."""
    policy = output_of(["apt-cache", "policy", package], env=environment())
    found = re.search(r"^  Candidate: (?:\d+:)?(\S+)$", policy, flags=re.MULTILINE)
    return found.group(1) if found else "unknown"


def download(package: str, folder: Path) -> None:
    """`apt-get download` into a folder. The sandbox user _apt cannot write there, so the caller's own user does it."""
    output_of(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=", package], cwd=folder, env=environment())
