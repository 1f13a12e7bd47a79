"""Every command that the pages show is run here, as a reader would: in the checkout, one shell per page."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

NOT_RUN_HERE = {
    "make test": "it is what runs this",
    "make check": "it is part of `make test`",
    "make cluster": "it has tests of its own, tests/testbed",
    "make bench": "it has tests of its own, tests/benchmarks",
    "docker build -f deploy/": "it is built from public images; tests/image builds it from others",
    "pipx install": "it needs a release",
    "systemd-run ": "it needs a session of systemd; tests/machine has one",
    "kubectl ": "it has tests of its own, tests/cluster",
}
"""What a line begins with -> why it is not run from here."""

PAGES = sorted(
    page for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")) if BLOCK.search(page.read_text("utf-8"))
)


def commands(page: Path) -> str:
    """All shell blocks of a page as one script, without the lines that are not run here."""
    lines = "".join(BLOCK.findall(page.read_text(encoding="utf-8"))).splitlines()
    return "\n".join(line for line in lines if not line.startswith(tuple(NOT_RUN_HERE)))


@pytest.mark.engine
@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_its_commands_work(page: Path) -> None:
    script = "set -eu\n" + commands(page)
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_there_are_pages_to_try() -> None:
    assert ROOT / "docs" / "tutorial.md" in PAGES


LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize(
    "page", sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))), ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_path_leads_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not missing
