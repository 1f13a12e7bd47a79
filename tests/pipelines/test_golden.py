"""Golden snippets: `command`, perhaps `service.yaml` -> the snippet under the name of its file, `report.txt`."""

import shlex
from pathlib import Path

import pytest

from dinp.cli.main import main

CASES = Path(__file__).parents[1] / "golden" / "pipelines"
INPUTS = {"command", "service.yaml", "report.txt"}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_golden(case: str, update: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder = CASES / case
    monkeypatch.chdir(folder)
    words = shlex.split((folder / "command").read_text(encoding="utf-8"))
    assert words[:2] == ["dinp", "pipeline"]
    with pytest.raises(SystemExit) as ended:
        main(words[1:])
    text, report = capsys.readouterr()
    seen = {"report.txt": f"{report}exit code {ended.value.code}\n"}
    if text:
        (name,) = {path.name for path in folder.iterdir()} - INPUTS or {"snippet"}
        seen[name] = text
    if update:
        for name, content in seen.items():
            (folder / name).write_text(content, encoding="utf-8")
    expected = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert seen == {name: content for name, content in expected.items() if name not in INPUTS - {"report.txt"}}
