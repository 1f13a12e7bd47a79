"""What dinp could leave on a machine, before and after; compared by the fixture `machine_unchanged`.

Other programs live on the machine, and maybe other agents: whatever belongs to an agent that runs and is not ours (it
holds the lock of its state directory) is left out, and of everything else only what dinp could have made is looked at.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dinp.model.id_range import FIRST_TENANT_ID, LAST_TENANT_ID

_LINK = re.compile(r"dinp([0-9a-f]{4,5})-\d+")
_TABLE = re.compile(r"dinp_([0-9a-f]{4,5})")
_GROUP = re.compile(r"dinp-([0-9a-f]{4,5})")
_RULES = re.compile(r"dinp|docker", re.IGNORECASE)
_MOUNTED = re.compile(r"/(var/lib|run)/dinp/|/dinp-t-|/tenants/")
_HOMES = (Path("/var/lib/dinp"), Path("/run/dinp"))
_SYSCTLS = (
    "kernel/core_pattern",
    "kernel/modprobe",
    "kernel/sysrq",
    "net/ipv4/conf/all/forwarding",
    "net/ipv4/conf/all/route_localnet",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/forwarding",
    "net/ipv4/ip_forward",
    "net/ipv4/ip_local_port_range",
    "net/ipv6/conf/all/forwarding",
    "vm/overcommit_memory",
)


MARK = f"DINP_TESTS_OF={os.getpid()}"
"""In the environment of every program that these tests start, and so of what those leave behind."""


@dataclass(frozen=True)
class Machine:
    """One look at the machine: kinds of things, and the things; words by which others' things are recognised."""

    things: dict[str, frozenset[str]]
    foreign: frozenset[str]

    def changes_to(self, after: "Machine") -> list[str]:
        """What is there now and was not before, and the reverse, one line each."""
        foreign = self.foreign | after.foreign
        found = []
        for kind, before in self.things.items():
            now = after.things[kind]
            found += [f"left behind: {kind}: {thing}" for thing in sorted(now - before)]
            found += [f"taken away: {kind}: {thing}" for thing in sorted(before - now)]
        # What the engines of one machine have in common, another agent may have changed as well.
        return [
            line for line in found if not any(word in line for word in foreign | ({"forward"} if foreign else set()))
        ]


def look() -> Machine:
    """Look at the machine now."""
    foreign = _foreign_words()
    things = {
        "process": frozenset(_processes()),
        "mount": frozenset(_mounts()),
        "network namespace": frozenset(_names(Path("/run/netns"))),
        "link": frozenset(_links()),
        "packet filter": frozenset(_packet_filters()),
        "control group": frozenset(_groups()),
        "file": frozenset(_files()),
        "sysctl": frozenset(_sysctls()),
        "binary format": frozenset(_names(Path("/proc/sys/fs/binfmt_misc"))),
    }
    return Machine(things, foreign | _foreign_words())


def _foreign_words() -> frozenset[str]:
    """Words that only occur in names of what belongs to living agents that these tests did not start."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        if _is_ours(process):
            continue
        for lock in _held_locks(process):
            if lock.name != "agent.lock":
                found.add(f"{lock.parent.name}/{lock.name.removeprefix('.').removesuffix('.lock')}")
                found.add(f"{lock.parent.name}/{lock.name}")
                continue
            found.add(str(lock.parent))
            # It may live in a mount namespace of its own.
            name = _read(process / "root" / str(lock.parent).lstrip("/") / "instance").strip()
            found |= {f"dinp{name}-", f"dinp_{name}", f"dinp-{name}"} if name else set()
    return frozenset(found)


def _held_locks(process: Path) -> Iterator[Path]:
    try:
        for descriptor in (process / "fd").iterdir():
            target = Path(os.readlink(descriptor))
            if target.name == "agent.lock" or (target.suffix == ".lock" and target.parent.parent == _HOMES[0]):
                yield target
    except OSError:
        return


def _is_ours(process: Path) -> bool:
    return MARK in _read(process / "environ").split("\0") or process.name == str(os.getpid())


def _processes() -> Iterator[str]:
    """Whatever these tests started, processes of tenants, and what stands in a group of an engine; zombies too."""
    for process in Path("/proc").glob("[0-9]*"):
        status, group = _read(process / "status"), _read(process / "cgroup")
        if re.search(r"^State:\s+Z", status, re.MULTILINE) and re.search(r"^PPid:\s+1$", status, re.MULTILINE):
            continue  # an orphan that has ended: the machine's init collects it in its own time
        uid = re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)
        words = _read(process / "cmdline").replace("\0", " ").strip()
        tenant = uid is not None and FIRST_TENANT_ID <= int(uid[1]) < LAST_TENANT_ID
        place = _GROUP.search(group)
        marked = MARK in _read(process / "environ").split("\0")
        if (tenant and words) or place is not None or marked:
            yield f"{process.name} {place[0] if place else ''} {words[:200]}"


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        point = line.split()[4]
        if _MOUNTED.search(line):
            yield f"{point} {line.rpartition(' - ')[2]}"


def _links() -> Iterator[str]:
    for link in json.loads(_output("ip", "-j", "link")):
        if _LINK.fullmatch(link["ifname"]):
            yield link["ifname"]


def _packet_filters() -> Iterator[str]:
    for entry in json.loads(_output("nft", "-j", "list", "tables"))["nftables"]:
        table = entry.get("table", {})
        if _TABLE.fullmatch(table.get("name", "")):
            yield f"nft table {table['family']} {table['name']}"
    owner = ""
    for line in _output("nft", "--stateless", "list", "ruleset").splitlines():
        owner = line if line.startswith("table ") else owner
        if not _TABLE.search(owner):
            yield f"{owner.rstrip(' {')}: {line.strip()}"
    for program in ("iptables-legacy-save", "ip6tables-legacy-save"):
        yield from (f"{program}: {line}" for line in _output(program).splitlines() if _RULES.search(line))


def _groups() -> Iterator[str]:
    base = Path("/sys/fs/cgroup")
    for pattern in ("dinp-*", "*/dinp-*", "*/*/dinp-*", "*/*/*/dinp-*"):
        yield from (str(group) for group in base.glob(pattern) if _GROUP.fullmatch(group.name))


def _files() -> Iterator[str]:
    for home in _HOMES:
        for depth in ("*/*", "*/*/*"):
            yield from (str(path) for path in home.glob(depth))


def _sysctls() -> Iterator[str]:
    for name in _SYSCTLS:
        yield f"{name} = {_read(Path('/proc/sys') / name).strip()}"


def _names(folder: Path) -> Iterator[str]:
    yield from (entry.name for entry in folder.iterdir()) if folder.is_dir() else ()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
