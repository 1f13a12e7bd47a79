"""examples/sidecar: the clients of the seeds, as they are written there, without the engines beside them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def client(file: Path, name: str) -> dict[str, Any]:
    body = yaml.safe_load(file.read_text(encoding="utf-8"))
    return next(dict(one) for one in body["spec"]["containers"] if one["name"] == name)


@pytest.mark.parametrize(
    ("example", "seed", "name", "gone"),
    [
        ("clean-ci", "sidecar-unix-socket", "clean-ci", "volumeMounts"),
        ("tcp-rootless", "sidecar-tcp-rootless", "debug", ""),
        ("httpd-1.12", "pod-dind-1.12", "docker-cmds", ""),
    ],
)
def test_word_for_word(example: str, seed: str, name: str, gone: str) -> None:
    """But for the volume of the engine's socket."""
    expected = client(ROOT / f"tests/seeds/{seed}.yaml", name)
    expected.pop(gone, None)
    assert client(ROOT / f"examples/sidecar/{example}.yaml", name) == expected


def test_without_its_loop_nothing_else_is_missing() -> None:
    whole, short = (
        client(ROOT / f"examples/sidecar/{name}.yaml", "clean-ci")["args"][1]
        for name in ("clean-ci", "clean-ci-without-loop")
    )
    assert whole.endswith(short)
    assert whole.removesuffix(short).count("docker info") == 2
