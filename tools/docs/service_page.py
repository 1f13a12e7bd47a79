"""docs/reference/service.md, from the table of keys."""

from dinp.model.service_keys import SERVICE
from tools.docs.configuration_page import keys_text

_HEAD = """\
# The service spec

<!-- Made from src/dinp/model/service_keys.py by `python -m tools.docs`. -->

What `dinp render`, `dinp inject` and `dinp pipeline` are told about the engines that pods are to have: a YAML file
(`-f` or `--spec`), single keys on the command line (`--set engine.limits.memory=4GiB`), or nothing at all: every key
has a default. Every mistake is reported at once, with its line and column. The same spec always gives the same bytes.

Editors complete the keys with [the JSON Schema](../../schemas/service.schema.json); most find it by the first line:

```yaml
# yaml-language-server: $schema=schemas/service.schema.json
form: native
engine:
  limits: {memory: 4GiB, cpus: 2}
  registries: {mirrors: ["https://mirror.example"]}
resources:
  requests: {cpu: 0.5, memory: 1GiB}
storage: {kind: emptyDir, size: 40GiB}
```

With `--set` a list has commas between its items (`--set engine.registries.mirrors=https://a,https://b`), and `\\,` is a
comma of an item's own. Among options a comma begins a new one only where `NAME=` follows:
`--set engine.options=dns=1.1.1.1,8.8.8.8,debug=true` are two.

Values are written as in [the agent's configuration](configuration.md#how-values-are-written), and what stands below
`engine` is the same there. Why a manifest has each of its fields is told in [the sidecar](../explanation/sidecar.md).
"""


def service_page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, keys_text("", SERVICE)])
