"""Switching the machine's packet forwarding on while engines need it, and off again after the last.

A machine that forwards for engines would also forward between its other interfaces. Where it was us who switched it
on, a table of its own keeps those ways shut: `dinp_forwarding`, shared by all agents of the machine. The table is at
the same time the only record of "it was off before": it lives and dies with the setting, in the kernel.
"""

import socket
from dataclasses import dataclass

from dinp.edges.network import nft, sysctl
from dinp.edges.network.nft import Json

TABLE = "dinp_forwarding"
_FAMILY = "inet"
_SWITCH = {"ipv4": "ipv4/ip_forward", "ipv6": "ipv6/conf/all/forwarding"}
_LINK_PREFIX = "dinp"


@dataclass(frozen=True, slots=True)
class Guard:
    """What was switched on (`ipv4`, `ipv6`), and the interfaces of that time, between which nothing is to pass."""

    kinds: tuple[str, ...]
    interfaces: tuple[str, ...]


def wanted() -> Guard | None:
    """What has to be switched on so that engines get out; None when the machine forwards already. Raises OSError."""
    off = [kind for kind, switch in _SWITCH.items() if sysctl.read(switch) == "0"]
    if "ipv6" in off and not sysctl.has_ipv6():
        off.remove("ipv6")
    if not off:
        return None
    others = [name for _, name in socket.if_nameindex() if not name.startswith(_LINK_PREFIX) and name != "lo"]
    if len(off) < len(_SWITCH):
        before = recorded()
        off = sorted({*off, *(before.kinds if before else ())})
    return Guard(tuple(off), tuple(others))


def switch_on(guard: Guard) -> tuple[str, ...]:
    """Let the machine forward; the guard's table (`guard_table`) is in force already.

    Returns:
        A sentence for each setting that was changed.

    Raises:
        OSError: a setting cannot be written.
    """
    said = []
    for kind in guard.kinds:
        if kind == "ipv6":
            said += _keep_router_advertisements(guard.interfaces)
        if sysctl.write(_SWITCH[kind], "1"):
            said.append(f"net.{_SWITCH[kind].replace('/', '.')} was 0 and is 1 while engines run")
    return tuple(said)


def switch_off() -> tuple[str, ...]:
    """Undo `switch_on`, whichever agent did it, unless links of any agent are left or somebody else may rely on it.

    Returns:
        A sentence for each setting that was put back, or for leaving it as it is.
    """
    names = [name for _, name in socket.if_nameindex()]
    if any(name.startswith(_LINK_PREFIX) for name in names):
        return ()
    guard = recorded()
    if guard is None:
        return ()
    nft.apply({"delete": {"table": {"family": _FAMILY, "name": TABLE}}})
    if set(names) - set(guard.interfaces) - {"lo"}:
        # Docker, libvirt and VPNs make an interface and find forwarding on already: switching it off would cut them.
        return ("forwarding stays on: other network interfaces were made since it was switched on",)
    said = []
    for kind in guard.kinds:
        sysctl.write(_SWITCH[kind], "0")
        said.append(f"net.{_SWITCH[kind].replace('/', '.')} is 0 again")
        if kind == "ipv6":
            for name in guard.interfaces:
                if sysctl.read(f"ipv6/conf/{name}/accept_ra") == "2":
                    sysctl.write(f"ipv6/conf/{name}/accept_ra", "1")
    return tuple(said)


def _keep_router_advertisements(names: tuple[str, ...]) -> list[str]:
    """A forwarding kernel ignores router advertisements unless accept_ra is 2: the machine would lose its own route."""
    return [
        f"net.ipv6.conf.{name}.accept_ra was 1 and is 2 while engines run"
        for name in names
        if sysctl.read(f"ipv6/conf/{name}/accept_ra") == "1" and sysctl.write(f"ipv6/conf/{name}/accept_ra", "2")
    ]


def guard_table(guard: Guard) -> list[Json]:
    """Commands that make the guard's table, anew if it is there."""
    table: Json = {"family": _FAMILY, "name": TABLE}
    inside: Json = {"family": _FAMILY, "table": TABLE}
    hook: Json = {"type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}
    names = list(guard.interfaces)
    # Pairs rather than two sets: a bridge's own traffic comes and goes by the same interface, and is not ours to stop.
    pairs = [{"concat": [one, other]} for one in names for other in names if one != other]
    ways: Json = {"concat": [{"meta": {"key": "iifname"}}, {"meta": {"key": "oifname"}}]}
    commands: list[Json] = [{"add": {"table": table}}, {"delete": {"table": table}}, {"add": {"table": table}}]
    commands += [{"add": {"set": inside | {"name": kind, "type": "ifname"}}} for kind in guard.kinds]
    commands += [
        {"add": {"set": inside | {"name": "interfaces", "type": "ifname"} | ({"elem": names} if names else {})}},
        {"add": {"set": inside | {"name": "ways", "type": ["ifname", "ifname"]} | ({"elem": pairs} if pairs else {})}},
        {"add": {"chain": inside | {"name": "forward"} | hook}},
    ]
    for kind in guard.kinds:
        family: Json = {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": kind}}
        shut: Json = {"match": {"op": "==", "left": ways, "right": "@ways"}}
        commands.append({"add": {"rule": inside | {"chain": "forward", "expr": [family, shut, {"drop": None}]}}})
    return commands


def recorded() -> Guard | None:
    """What was switched on, by whichever agent; None when nothing was. Raises WorldRefusedError (`nft-missing`)."""
    try:
        listed = nft.listing("table", _FAMILY, TABLE)
    except nft.NftRefusedError:
        return None
    sets = {found["name"]: found.get("elem", []) for thing in listed if isinstance(found := thing.get("set"), dict)}
    interfaces = tuple(str(name) for name in sets.get("interfaces", []))
    return Guard(tuple(kind for kind in _SWITCH if kind in sets), interfaces)
