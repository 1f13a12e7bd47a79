"""Small files, links and binds that engines of several kinds of isolation need alike."""

from dinp.isolation.isolation import Identity
from dinp.model.choices import Choices, EnginePrograms
from dinp.model.launch_plan import Link, TextFile

PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
"""Where programs and their libraries lie."""


def outside_programs(choices: Choices, identity: Identity) -> tuple[str, ...]:
    """Directories of the engine's programs and of dinp's Python that are not below PROGRAMS."""
    found = dict.fromkeys((*choices.programs.path, *identity.python))
    return tuple(path for path in found if not path.startswith(PROGRAMS))


def resolver(choices: Choices, identity: Identity) -> TextFile:
    """/etc/resolv.conf with resolvers that answer on the engine's link."""
    nameservers = choices.nameservers
    if not nameservers and identity.link is not None and identity.link.nameserver is not None:
        nameservers = (identity.link.host_address,)  # the agent passes on what comes to its end (LinkPlan.nameserver)
    lines = [f"nameserver {address}" for address in nameservers]
    lines += [f"search {' '.join(choices.search)}"] if choices.search else []
    lines += [f"options {' '.join(choices.resolver_options)}"] if choices.resolver_options else []
    return TextFile("/etc/resolv.conf", "\n".join(lines) + "\n")


def iptables_links(programs: EnginePrograms, directory: str) -> tuple[Link, ...]:
    """The flavour that preflight chose, under the names that dockerd calls; `directory` comes first in its PATH."""
    if programs.iptables is None:
        return ()
    head, _, name = programs.iptables.rpartition("/")
    return tuple(
        Link(f"{directory}/{plain}", f"{head}/{name.replace('iptables', plain, 1)}")
        for plain in ("iptables", "ip6tables")
    )


def socket_links(own: str, door: str) -> tuple[Link, ...]:
    """Where containers that bind "the Docker socket" look for it: the usual place, and where the client's is.

    Args:
        own: the tenant's endpoint.
        door: the directory with a socket of the engine's own API, as the engine sees it.
    """
    usual = "/run/docker.sock"
    same = {usual, f"/var{usual}"}
    paths = (usual,) if own in same or own.startswith("/run/dinp/") else (usual, own)
    return tuple(Link(path, f"{door}/docker.sock") for path in paths)
