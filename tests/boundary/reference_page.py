"""The page docs/reference/tenant-boundary.md, drawn from the table of attempts."""

from pathlib import Path

from tests.boundary.all_attempts import ALL_ATTEMPTS
from tests.boundary.attempt import KINDS, Where
from tests.support.engines import VERSIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "tenant-boundary.md"

_HEAD = """# The tenant boundary

<!-- Drawn from tests/boundary/attempts_*.py: `pytest tests/house/test_tenant_boundary_page.py --update`. -->

What a tenant of an agent with the isolation `userns` can do to the machine, to the agent and to other tenants, when it
has its own Docker API and everything that follows from it: `--privileged`, the namespaces of its engine's host, root in
its engine. Each line is an attempt that the tests make against dockerd {versions}, podman 4.3 and, where it needs no
container, buildkitd 0.32, beside a second tenant with the same names and with secrets planted all over the machine: in
files that everybody may read, in a process's arguments and environment, on a loopback port, in an abstract socket, in
the other tenant's containers, volumes and builds. An attempt fails the tests when any of these words comes out, or when
anything but the outcome below is seen. Into buildkitd's own namespaces no container leads: there the tests put the
attacker, with every capability that an engine's root has, as if a build step had got out of its container.

What a tenant does see of the machine, read-only, because its engine runs from there: the programs and libraries in
`/usr`, `/bin`, `/sbin` and `/lib`, the directories of the engine's programs and of the Python that runs dinp, and of
`/etc` the trusted certificates, `alternatives`, `ld.so.cache`, `localtime`, `protocols` and `services`. Keep no secrets
that everybody may read there. The names and sizes of devices in `/sys`, the kernel's command line and figures such as
the load are the machine's, as in any container. A tenant may publish any free port of the machine, and its packets
leave with the machine's address: services that listen on every address of the machine can be asked by it.
"""

_WORDS = {
    Where.CONTAINER: "container",
    Where.ENGINE: "engine's namespaces",
    Where.CLIENT: "Docker API",
}


def page() -> str:
    """The whole page."""
    parts = [_HEAD.format(versions=" and ".join(VERSIONS))]
    for group in dict.fromkeys(attempt.group for attempt in ALL_ATTEMPTS):
        rows = [
            f"| {attempt.name} | {_WORDS[attempt.where]}{_options(attempt.options)} |"
            f" {', '.join(KINDS[attempt.where])} | {attempt.outcome} |"
            for attempt in ALL_ATTEMPTS
            if attempt.group == group
        ]
        parts.append(
            "\n".join([f"## {group}", "", "| attempt | from | engines | outcome |", "|---|---|---|---|", *rows, ""])
        )
    return "\n".join(parts)


def _options(options: tuple[str, ...]) -> str:
    return f", `{' '.join(options)}`" if options else ""
