"""An engine's limits: they hold for all of its containers together, and what is too much ends a container, not it."""

from pathlib import Path

import pytest

from tests.support.engines import import_busybox
from tests.support.running import script

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

TAKE_500_MB = "dd if=/dev/zero of=/dev/null bs=500M count=1 2>/dev/null"


@pytest.mark.parametrize("isolation", ["userns", "rootful"])
def test_a_greedy_container_is_killed_and_the_others_live(engine_version: str, tmp_path: Path, isolation: str) -> None:
    lines = [
        import_busybox(),
        "docker run -d --name beside busybox sleep 1000 >/dev/null",
        f"docker run --rm busybox sh -c '{TAKE_500_MB}; echo $?'",
        "docker inspect -f '{{.State.Running}}' beside",
    ]
    options = ("--isolation", isolation, "--memory", "160MiB")
    done = script(engine_version, "\n".join(lines), folder=tmp_path, options=options)
    assert done.out.split() == ["137", "true"], done.all


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_a_greedy_build_step_is_killed_and_the_containers_live(
    engine_version: str, tmp_path: Path, buildkit: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\nRUN {TAKE_500_MB}\n", encoding="ascii")
    lines = [
        import_busybox(),
        "docker run -d --name beside busybox sleep 1000 >/dev/null",
        f"! DOCKER_BUILDKIT={buildkit} docker build . 2>&1 || exit 1",
        "docker inspect -f '{{.State.Running}}' beside",
    ]
    done = script(engine_version, "\n".join(lines), folder=tmp_path, options=("--memory", "160MiB"))
    assert "137" in done.out, done.all
    assert done.out.endswith("true\n"), done.all


def test_processes_are_counted_over_all_containers(engine_version: str, tmp_path: Path) -> None:
    lines = [
        import_busybox(),
        "docker run --rm busybox sh -c 'for i in $(seq 300); do sleep 100 & done' 2>&1 | tail -n 1",
    ]
    done = script(engine_version, "\n".join(lines), folder=tmp_path, options=("--pids", "200"))
    assert "can't fork" in done.out, done.all
