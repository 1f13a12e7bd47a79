"""docs/reference/pod-security.md: which forms of the sidecar Pod Security admits, and what each field is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/reference/pod-security.md"
INTRODUCTION = """\
# Pod Security and the sidecar

What a namespace's [Pod Security level](https://kubernetes.io/docs/concepts/security/pod-security-standards/) admits,
and which of the fields that a rootless sidecar has it can do without. Seen on Kubernetes {version}; made by
`tests/cluster/test_pod_security.py`, whose client meets the level `restricted` itself. *Works* means: an image was
pulled, run and built from. With buildkitd, for which the sidecar has the same fields, it means: one was built from
another.

The sidecar lies in the client's own pod, so its namespace has to admit it. Where that cannot be, the
engine belongs into another pod than the client's.

What a pod does not say, its node decides: where kubelet runs with `seccompDefault`, no `seccompProfile` is the same as
`RuntimeDefault`, and where the kernel has AppArmor, containerd's default profile forbids mounts. The nodes that this
was seen on have neither. `baseline` would admit a `Localhost` profile of either kind that allows what `Unconfined`
does, and a `/dev/net/tun` from a device plugin instead of a `hostPath`.
"""


@dataclass(frozen=True)
class Seen:
    """One row. `case`: what was tried; `works`: whether Docker worked; `words`: what was said instead, verbatim."""

    table: str
    case: str
    works: bool
    words: str = ""

    def row(self) -> str:
        """As it stands in its table."""
        words = re.sub(r"\s+", " ", self.words).replace("|", "\\|").strip()
        verdict = "works" if self.works else "no"
        return f"| {self.case} | {verdict} | {f'`{words}`' if words else ''} |"


def page(version: str, rows: Iterable[Seen]) -> str:
    """The whole page."""
    text = INTRODUCTION.format(version=version)
    tables: dict[str, list[Seen]] = {}
    for each in rows:
        tables.setdefault(each.table, []).append(each)
    for title, group in tables.items():
        text += f"\n## {title}\n\n| tried | outcome | said |\n|---|---|---|\n"
        text += "".join(f"{each.row()}\n" for each in group)
    return text


def verdicts(text: str) -> list[str]:
    """What each row of a page says, without the words that differ from run to run."""
    return re.findall(r"^(\| .+? \| (?:works|no) \|)", text, re.MULTILINE)
