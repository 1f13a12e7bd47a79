"""`dinp explain` as people call it."""

import json
from pathlib import Path

import pytest

from dinp.cli.main import main
from dinp.knowledge.failures import ALL

SEEDS = Path(__file__).parents[1] / "seeds"


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["explain", *words])
    seen = capsys.readouterr()
    return int(ended.value.code or 0), seen.out, seen.err


def test_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "no-tun")
    assert code == 0
    assert out.startswith("no-tun (error)\nThe network device /dev/net/tun is missing\n")
    assert "Remedy: On the node: modprobe tun" in out


def test_a_code_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = called(capsys, "no-tun", "-o", "json")
    assert json.loads(out)["code"] == "no-tun"


def test_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = called(capsys)
    assert [line.split()[0] for line in out.splitlines()] == [failure.code for failure in ALL]
    _, out, _ = called(capsys, "-o", "json")
    assert len(json.loads(out)) == len(ALL)


def test_a_misspelt_code_is_bad_input_with_the_nearest_ones(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "no-tunn")
    assert (code, out) == (2, "")
    assert "no entry of the code 'no-tunn'" in err
    assert "Did you mean no-tun" in err


def test_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "--log", str(SEEDS / "log-rootless-tap.txt"))
    assert code == 0
    assert out.startswith("no-tun (error): The network device /dev/net/tun is missing\n  line 10: [rootlesskit:child ]")


def test_a_log_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = called(capsys, "--log", str(SEEDS / "log-shared-storage.txt"), "-o", "json")
    assert [(match["code"], match["line"]) for match in json.loads(out)][:2] == [
        ("data-root-shared", 12),
        ("storage-fallback", 2),
    ]


def test_a_log_that_shows_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "quiet").write_text("all is well\n", encoding="utf-8")
    assert called(capsys, "--log", f"{tmp_path}/quiet") == (0, "Nothing in this log is in the catalogue.\n", "")


def test_a_log_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = called(capsys, "--log", f"{tmp_path}/gone")
    assert code == 2
    assert "cannot be read: No such file or directory" in err
