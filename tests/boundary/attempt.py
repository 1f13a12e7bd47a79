"""One attempt at the tenant boundary, as data."""

from dataclasses import dataclass
from enum import Enum

PRELUDE = """
try() {
    if said=$("$@" 2>&1 >/dev/null); then echo "done: $*"; else echo "refused: $* ($(echo "$said" | tail -n 1))"; fi
}
write() { echo "$1" > "$2"; }
fetch() {
    $PYTHON -IS -c 'import sys, urllib.request as r
print(r.build_opener(r.ProxyHandler({})).open(sys.argv[1], timeout=3).read().decode())' "$1"
}
fetch_from() {
    $PYTHON -IS -c 'import socket, sys
with socket.create_connection((sys.argv[2], int(sys.argv[3])), 3, (sys.argv[1], 0)) as asked:
    asked.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); print(asked.recv(4096))' "$@"
}
"""
"""`try CMD` tells in one line whether a command succeeded; `try write WORD FILE` does so for a file, and, in the
engine's own namespaces, where the machine's programs are seen, `try fetch URL` for a page,
and `try fetch_from ADDRESS HOST PORT` for one that is asked for under an address of one's choice."""


class Where(Enum):
    """Where an attempt runs."""

    CONTAINER = "in a container"
    ENGINE = "in the engine's own namespaces"
    """By nsenter(1) from a container with `--privileged --pid=host`; with buildkitd, which has none such, from outside,
    as a build step that has got out of its container: the tenant has its whole engine in its hands."""
    CLIENT = "through the Docker API"


KINDS = {
    Where.CONTAINER: ("dockerd", "podman"),
    Where.ENGINE: ("dockerd", "podman", "buildkitd"),
    Where.CLIENT: ("dockerd", "podman"),
}
"""The kinds of engines that have such a place; every attempt is made against each of them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt.

    Attributes:
        group: what it is after: the heading in the table.
        name: what is tried.
        script: a shell script, which finds the words of planted.py in its environment.
        outcome: what the attacker has of it, for the table.
        shows: what the output must match (a regular expression with DOTALL and MULTILINE).
        allowed: commands of `try` that may succeed, because they concern the tenant alone.
        options: of `docker run`, for containers.
        where: where it runs.
    """

    group: str
    name: str
    script: str
    outcome: str
    shows: str = "^refused: "
    allowed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    where: Where = Where.CONTAINER
