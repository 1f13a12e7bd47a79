"""A Go program is described as a value; its place in the cache says what it was made of."""

import dataclasses
from pathlib import Path

import pytest

from tools.provision.cache import Cache
from tools.provision.go_programs import (
    GoProgram,
    cached_path,
    digest,
    go_command,
    go_version_wanted,
    ready_go_program,
    require_compiler,
    require_go,
    says_version,
)
from tools.provision.refusal import RefusalError

KWOK = GoProgram("kwok", "sigs.k8s.io/kwok", "v0.8.0", package="sigs.k8s.io/kwok/cmd/kwok")


@pytest.mark.parametrize(
    "change",
    [
        {"version": "v0.8.1"},
        {"package": "sigs.k8s.io/kwok/cmd/kwokctl"},
        {"ldflags": "-s"},
        {"tags": ("seccomp",)},
        {"cgo": True},
    ],
)
def test_whatever_shapes_the_binary_gives_it_another_place(change: dict[str, object]) -> None:
    assert digest(KWOK) != digest(dataclasses.replace(KWOK, **change))


def test_a_reason_does_not_shape_the_binary() -> None:
    assert digest(KWOK) == digest(dataclasses.replace(KWOK, reason="because", installed=("--version",)))


def test_a_changed_dependency_of_a_module_of_its_own_gives_another_place(tmp_path: Path) -> None:
    own = dataclasses.replace(KWOK, own_module=tmp_path)
    (tmp_path / "go.mod").write_text("module one\n")
    before = digest(own)
    (tmp_path / "go.mod").write_text("module two\n")
    assert digest(own) != before


def test_the_place_names_program_and_version(tmp_path: Path) -> None:
    assert cached_path(KWOK, Cache(tmp_path)) == tmp_path / "go" / "kwok" / f"v0.8.0-{digest(KWOK)}" / "kwok"
    assert ready_go_program(KWOK, Cache(tmp_path)) is None


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("containerd github.com/containerd/containerd/v2 v2.3.4 abc", True),
        ("runc version 2.3.4", True),
        ("2.3.4+unknown", True),
        ("v2.3.40", False),
        ("v12.3.4", False),
        ("v2.3.4-rc.1", False),
        ("v2.3.4.1", False),
    ],
)
def test_an_installed_program_is_used_only_in_the_very_version(said: str, same: bool) -> None:
    assert says_version(said, "v2.3.4") is same


def test_a_module_with_a_version_is_installed_and_one_of_ours_is_built(tmp_path: Path) -> None:
    assert go_command(KWOK, tmp_path)[:2] == ["go", "install"]
    assert go_command(KWOK, tmp_path)[-1] == "sigs.k8s.io/kwok/cmd/kwok@v0.8.0"
    own = go_command(dataclasses.replace(KWOK, own_module=tmp_path), tmp_path)
    assert own[:2] == ["go", "build"]
    assert "-mod=readonly" in own


def test_what_go_says_of_its_own_age_is_understood() -> None:
    said = "go: example.com/x@v1.0.0 requires go >= 1.27.0 (running go 1.26.8; GOTOOLCHAIN=local)"
    assert go_version_wanted(said) == "1.27.0"
    assert go_version_wanted("undefined: x") is None


def test_without_go_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusalError, match=r"Install Go 1\.26 or newer"):
        require_go(KWOK)


def test_without_a_compiler_it_says_so_only_for_what_is_partly_c(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    require_compiler(KWOK)
    with pytest.raises(RefusalError, match="gcc"):
        require_compiler(dataclasses.replace(KWOK, cgo=True))
