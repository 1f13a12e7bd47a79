"""`dinp render`, `dinp inject` and `dinp eject` as people call them."""

import io
import json
from pathlib import Path

import pytest
import yaml

from dinp.cli.main import main

SEEDS = Path(__file__).parents[1] / "seeds"
SEED = SEEDS / "client-hostpath-socket.yaml"


def called(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    seen = capfd.readouterr()
    return int(ended.value.code or 0), seen.out, seen.err


def test_in_and_out_again(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, injected, report = called(capfd, "inject", "-f", str(SEED))
    assert (code, report.splitlines()[0]) == (0, "dinp: Pod clean-ci: injected")
    assert "The volume host is no longer the node's /var/run" in report
    file = tmp_path / "injected.yaml"
    file.write_text(injected, encoding="utf-8", newline="")
    code, ejected, report = called(capfd, "eject", "-f", str(file))
    assert (code, report) == (0, "dinp: Pod clean-ci: ejected\n")
    assert ejected == SEED.read_text(encoding="utf-8")


def test_from_standard_input(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"kind: Service\n")))
    code, out, report = called(capfd, "inject", "-f", "-")
    assert (code, out) == (0, "kind: Service\n")
    assert report == "dinp: Service (no name): left alone, it describes no pods that dinp knows\n"


def test_several_files_are_one_stream(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    texts = ["kind: Service", "# first\n---\nkind: ConfigMap\n", '{"kind": "Secret"}', SEED.read_text(encoding="utf-8")]
    words = []
    for number, text in enumerate(texts):
        (tmp_path / f"{number}").write_text(text, encoding="utf-8")
        words += ["-f", str(tmp_path / f"{number}")]
    code, injected, report = called(capfd, "inject", *words)
    assert code == 0
    assert [line.split(":")[1] for line in report.splitlines() if ":   " not in line] == [
        *(" Service (no name)", " ConfigMap (no name)", " Secret (no name)", " Pod clean-ci"),
    ]
    assert [each["kind"] for each in yaml.safe_load_all(injected)] == ["Service", "ConfigMap", "Secret", "Pod"]
    (tmp_path / "all").write_text(injected, encoding="utf-8")
    code, ejected, _ = called(capfd, "eject", "-f", str(tmp_path / "all"))
    assert (code, ejected) == (0, f"kind: Service\n{texts[1]}---\n{texts[2]}\n---\n{texts[3]}")
    _, apart, _ = called(capfd, "eject", *words)
    assert apart == ejected


@pytest.mark.parametrize("verb", ["inject", "eject"])
def test_of_several_files_all_are_printed_or_none(capfd: pytest.CaptureFixture[str], tmp_path: Path, verb: str) -> None:
    texts = {"good": "kind: Service\n", "bad": "a: [", "worse": "}", "cut": "kind: A\nb: |\n  text"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, report = called(capfd, verb, *(f"-f{tmp_path / name}" for name in ("good", "bad", "worse")))
    assert (code, out) == (2, "")
    assert "bad:1:" in report
    assert "worse:1:" in report
    code, out, report = called(capfd, verb, f"-f{tmp_path / 'cut'}", f"-f{tmp_path / 'good'}")
    assert (code, out) == (2, "")
    assert "would not say what they say apart" in report
    code, out, report = called(capfd, verb, "-f", "-", "-f", "-")
    assert (code, out) == (2, "")
    assert "named more than once" in report


def test_a_refusal_prints_nothing_but_its_reasons(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, report = called(capfd, "inject", "-f", str(SEEDS / "pod-dind-1.12.yaml"))
    assert (code, out) == (2, "")
    assert "pod-dind-1.12.yaml:17:9: Pod dind: the container dind-daemon is a Docker engine of its own." in report
    assert "(dinp explain inject-own-engine)" in report


def test_the_spec_comes_from_a_file_and_from_the_command_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "service.yaml"
    spec.write_text("form: container\nimages: {agent: one}\n", encoding="utf-8")
    words = ("--topology", "sidecar", "--spec", str(spec), "--set", "images.agent=two")
    _, out, _ = called(capfd, "inject", "-f", str(SEED), *words)
    assert yaml.safe_load(out)["spec"]["containers"][0]["image"] == "two"


def test_render_in_both_forms(capfd: pytest.CaptureFixture[str]) -> None:
    _, text, _ = called(capfd, "render", "sidecar", "--as", "job")
    _, data, _ = called(capfd, "render", "sidecar", "--as", "job", "-o", "json")
    assert yaml.safe_load(text) == json.loads(data)
    assert json.loads(data)["kind"] == "Job"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("render", "sidecar", "--set", "form=x"), 'form is "x"'),
        (("render", "sidecar", "-f", "/nowhere/s.yaml"), "/nowhere/s.yaml cannot be read: No such file"),
        (("inject", "-f", "/nowhere/p.yaml"), "/nowhere/p.yaml cannot be read: No such file"),
        (("eject", "-f", "/dev/full/x"), "/dev/full/x cannot be read: Not a directory"),
    ],
)
def test_bad_input(capfd: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str) -> None:
    code, out, err = called(capfd, *words)
    assert (code, out) == (2, "")
    assert sentence in err
