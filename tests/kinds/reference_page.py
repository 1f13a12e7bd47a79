"""The page docs/reference/engine-kinds.md, drawn from the table of uses and from the engines' lists of options."""

from pathlib import Path

from dinp.model.engine_options import OPTIONS, OWNED
from dinp.model.engine_spec import EngineKind
from tests.kinds.all_uses import ALL_USES
from tests.kinds.use import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "engine-kinds.md"

_HEAD = """# Kinds of engines

<!-- Drawn from tests/kinds/all_uses.py and engine_options.py
by `pytest tests/house/test_engine_kinds_page.py --update`. -->

`engine.kind` chooses the program that a tenant's clients talk to. Each kind is started by its first connection, serves
sockets that the agent handed over, is stopped when it is idle, started again when it crashes, and kept apart in the
same way. [How to use them](../how-to/podman-or-buildkit.md).

| | dockerd | podman | buildkitd |
|---|---|---|---|
| what clients speak | the Docker API | the Docker API and podman's | BuildKit's API (gRPC) |
| tried with | 20.10 and 29 | 4.3 (Debian 12) | 0.32 |
| isolation | userns, rootless, rootful | userns, rootful | userns, rootless, rootful |
| ready when | it answers `/_ping` | it answers `/_ping` | it sends `READY=1` (sd_notify) |
| idle when | no client is connected and no container runs | the same | no client is connected: a build ends with \
its client |
| a TCP port besides the socket | yes, with or without TLS | yes, without TLS | no: it takes over one socket |
| a client of an engine that cannot start | is told why, by HTTP 503 | the same | is told why, by gRPC's \
status FAILED_PRECONDITION |
| on a planned stop, containers | are stopped by dockerd | are stopped by `podman stop` | there are none |
| of `engine.limits.disk` the build cache keeps | half | all: podman does not tell it from images | half |
| near `engine.limits.disk` are removed | the build cache, images without a name | images without a name, which the \
build cache is | the cache |
| at `engine.limits.disk` it is ended, and the next one first removes | the above, stopped containers and their \
anonymous volumes | the same, and what unfinished build steps left | the cache |
| registries: mirrors, insecure ones, authorities | daemon.json, `SSL_CERT_DIR` | registries.conf, \
`SSL_CERT_DIR` | \
buildkitd.toml, `SSL_CERT_DIR` |
| registries: logins | clients send them along | the same | the same |
| MTU of the link | on every network | on the default network; user networks: `-o mtu=…` | build steps use the link \
itself |

Podman is a process for each socket, so an engine of that kind has two: the tenant's, and the agent's, which is also the
Docker socket that containers find.

## What works

Each cell is what the tests see with real programs (tests/kinds), behind an agent with the isolation `userns`. What
works with buildkitd there works behind an ordinary user's agent (`rootless`), too.
"""

_OPTIONS = """## Options

`engine.options` sets these options of the engine's own file. An option that is not listed is an error with the nearest
one that is; those that dinp sets by itself are refused with the reason. A dot leads into a table of the file.
"""


def page() -> str:
    """The whole page."""
    rows = ["| client | use | " + " | ".join(KINDS) + " |", "|---|---|" + "---|" * len(KINDS)]
    for use in ALL_USES:
        cells = " | ".join(use.seen[kind].outcome for kind in KINDS)
        rows.append(f"| {use.client} | {use.name} | {cells} |")
    parts = [_HEAD, "\n".join([*rows, ""]), _OPTIONS]
    for kind in EngineKind:
        may = [f"| `{name}` | {option.value} |" for name, option in sorted(OPTIONS[kind].items())]
        parts.append("\n".join([f"### {kind.value}", "", "| option | holds |", "|---|---|", *may, ""]))
        own = [f"| `{name}` | {why} |" for name, why in sorted(OWNED[kind].items())]
        parts.append("\n".join(["| set by dinp | because |", "|---|---|", *own, ""]))
    return "\n".join(parts)
