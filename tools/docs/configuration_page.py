"""docs/reference/configuration.md, from the table of keys."""

from dinp.model.config_keys import AGENT, Key, KeyKind

_HEAD = """\
# The agent's configuration

<!-- Made from src/dinp/model/config_keys.py by `python -m tools.docs`. -->

`dinp agent --config FILE` reads one YAML file. Every mistake in it is reported at once, with its line and column,
before anything starts. `dinp preflight --config FILE` reads it too, and says what would be decided for it.

```yaml
state_dir: /var/lib/dinp
tenants:
  - name: team-a
    socket: /run/dinp/team-a/docker.sock
  - name: team-b
    socket: /run/dinp/team-b/docker.sock
    tcp: {address: 127.0.0.1:2376, tls: {ca: ca.pem, certificate: server.pem, key: server-key.pem}}
engine:
  idle_stop_after: 10m
  limits: {memory: 4GiB, cpus: 2, pids: 4096, disk: 20GiB}
```

## Reading it again

On SIGHUP (`systemctl reload dinp`) the agent reads the file again while tenants work. What is wrong with it is told in
the log, and nothing changes then. An engine whose configuration changed keeps its clients until they are done, for at
most `engine.drain_within`; new ones wait for the next engine, at the tenant's new sockets where they have moved. A
tenant that is no longer listed is taken away in the same way. Only `state_dir` needs a restart of the agent.
"""

_FORMS = """\
## How values are written

Values are read as they are written: `no` is a word and `0660` keeps its zero, with or without quotes.

| form | examples | |
|---|---|---|
| duration | `90s`, `10m`, `1h30m`, `1d`, `500ms` | always with a unit |
| size | `4GiB`, `512MiB`, `20GB`, `4Gi` | always with a unit; `GiB` and `Gi` are 2^30, `GB` is 10^9 bytes |
| absolute path | `/var/lib/dinp` | a socket's path has at most 107 bytes, with room for a temporary name beside it |
| file | `ca.pem`, `/etc/dinp/ca.pem` | relative ones begin at the configuration's own directory |
| IP address and port | `127.0.0.1:2376`, `[::1]:2376` | names are not looked up |
| network | `10.96.0.0/12`, `fd00:5::/48` | CIDR notation, without host bits |
| permission bits | `"0660"` | octal |
| user, group | `1000`, `ci` | names are looked up where the agent runs |

Aliases, tags, merge keys and a second document are refused: write the value out where it is meant.
"""


def configuration_page() -> str:
    """The whole page."""
    sections = [keys_text("", AGENT)]
    return "\n".join([_HEAD, *sections, _FORMS])


def keys_text(path: str, keys: tuple[Key, ...]) -> str:
    """A table of keys, and those of the sections below it."""
    title = f"## `{path}`" if path else "## At the top"
    rows = "\n".join(_row(key) for key in keys)
    own = f"{title}\n\n| key | value | default | |\n|---|---|---|---|\n{rows}\n"
    below = [
        keys_text(f"{path}{'.' if path else ''}{key.name}{'[]' if key.many else ''}", key.keys)
        for key in keys
        if key.keys
    ]
    return "\n".join([own, *below])


def _row(key: Key) -> str:
    default = "**required**" if key.required else _code(key.default)
    sentence = key.sentence + (f" At least `{key.least_words}`." if key.least_words else "")
    sentence += f" At most {key.most}." if key.most is not None else ""
    return f"| `{key.name}` | {_value(key)} | {default} | {sentence} |"


def _value(key: Key) -> str:
    if key.kind is KeyKind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in key.choices)
    return f"list of: {key.kind.value}" if key.many else key.kind.value


def _code(default: str) -> str:
    """A default that can be written as it stands is shown as code, one in words is not."""
    written = "`" not in default and default != "none" and (" " not in default or default.startswith('"'))
    return f"`{default}`" if written else default
