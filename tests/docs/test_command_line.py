"""docs/reference/command-line.md tells every command and every exit code."""

import re
from pathlib import Path

from dinp.cli.error_handler import DEFECT
from dinp.cli.main import COMMANDS
from dinp.model.problem import BadInputError, WorldRefusedError

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")


def test_every_command_has_a_line() -> None:
    assert set(re.findall(r"^\| `dinp (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)


def test_every_exit_code_has_a_line() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {0, 1, BadInputError.exit_code, WorldRefusedError.exit_code, DEFECT}
