"""What an agent has imported when its sockets are open, and when it starts engines: somebody waits for each module."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEAR = frozenset(
    {
        "argparse", "asyncio", "cryptography", "ctypes", "dataclasses", "datetime", "h11", "inspect", "ipaddress",
        "logging", "pathlib", "pickle", "pyroute2", "rich", "shutil", "subprocess", "tempfile", "threading", "typing",
        "urllib", "yaml",
    }
)  # fmt: skip
"""Modules that take a millisecond or more to import."""

STILL_NEEDED = frozenset({"ctypes", "pathlib", "urllib", "ipaddress"})
"""For starting an engine; nobody has got rid of them yet."""

OPEN = """
import sys
from dinp.cli import main
from dinp.cli.commands import agent
from dinp.edges import first_process
from dinp.edges.config_file import read_agent_config
from dinp.programs.doors import open_doors

doors = open_doors(read_agent_config(sys.argv[1]))
print(*sys.modules)
doors.closing.close()
"""


def modules(code: str, *words: str) -> set[str]:
    """What a fresh interpreter has imported, told by the code itself, without what site brings along."""
    found = []
    for each in ("import sys; print(*sys.modules)", code):
        argv = [sys.executable, "-I", "-c", each, *words]
        found.append(set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()))
    return found[1] - found[0]


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "agent.json"
    tenants = [{"name": "a", "socket": str(tmp_path / "a.sock")}]
    file.write_text(json.dumps({"state_dir": str(tmp_path / "state"), "tenants": tenants}))
    return file


def test_nothing_dear_is_imported_before_sockets_are_open(configuration: Path) -> None:
    assert not modules(OPEN, str(configuration)) & DEAR


def test_nothing_dear_is_imported_to_start_engines() -> None:
    found = modules("import sys; import dinp.programs.agent, dinp.programs.look; print(*sys.modules)")
    assert found & DEAR <= STILL_NEEDED
    assert "dinp.edges.node_probe" not in found, "the machine is looked at in a process of its own"
