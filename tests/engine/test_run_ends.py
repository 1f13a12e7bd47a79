"""`dinp run` that ends in other ways than by its command's end: signals at any time, kill -9, others' leftovers."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.engines import environment
from tests.support.running import DINP, PATIENCE, dinp_run, forget_kept

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

ENGINE = "20.10"
"""How runs end is dinp's own business: one engine is enough."""

RUNS = Path("/var/lib/dinp/runs")


def test_runs_at_once_clean_up_together_what_killed_ones_left(tmp_path: Path) -> None:
    RUNS.mkdir(mode=0o711, parents=True, exist_ok=True)
    names = [f"planted-{os.getpid():x}-{number}" for number in range(40)]
    for name in names:
        (RUNS / name / "tenants").mkdir(parents=True)
        (RUNS / f".{name}.lock").touch()
    (RUNS / f".{names[0]}-without-directory.lock").touch()
    argv = [DINP, "run", "--", "echo", "ran"]
    env = environment(ENGINE)
    together = [
        subprocess.Popen(argv, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [(*process.communicate(timeout=PATIENCE), process.returncode) for process in together]
    assert [(out, code) for out, _, code in said] == [("ran\n", 0)] * 4, said
    assert not [path for path in RUNS.iterdir() if path.name.removeprefix(".").startswith(f"planted-{os.getpid():x}")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("moment", ["the lock", "the state"])
def test_a_signal_while_it_starts_leaves_nothing(tmp_path: Path, number: signal.Signals, moment: str) -> None:
    argv = ["env", f"--default-signal={number.name}", DINP, "run", "--", "sh", "-c", "echo ran"]
    with subprocess.Popen(argv, cwd=tmp_path, env=environment(ENGINE), stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        pattern = f".{run.pid:x}-*.lock" if moment == "the lock" else f"{run.pid:x}-*/agent.lock"
        while not list(RUNS.glob(pattern)) and run.poll() is None:
            os.sched_yield()
        run.send_signal(number)
        said = run.stderr.read()
    assert run.returncode in {128 + number, -number}, said
    assert said == ""


@pytest.mark.parametrize("name", ["HUP", "INT"])
def test_what_the_caller_ignores_is_ignored_by_the_command_too(tmp_path: Path, name: str) -> None:
    """As nohup(1) has it, and shells for what they run in the background."""
    lines = f"kill -{name} $PPID; kill -{name} $$; docker version -f '{{{{.Server.Version}}}}'"
    argv = ["env", f"--ignore-signal={name}", DINP, "run", "--", "sh", "-c", lines]
    done = subprocess.run(argv, cwd=tmp_path, env=environment(ENGINE), capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout[:5]) == (0, ENGINE), done


@pytest.mark.parametrize("keep", [False, True])
def test_a_killed_run_takes_its_command_with_it_and_the_next_one_ends_the_engine(tmp_path: Path, keep: bool) -> None:
    name = f"test-{os.getpid():x}"
    options = ("--keep", name) if keep else ()
    argv = [DINP, "run", "--quiet", *options, "--", "sh", "-c", "docker version >/dev/null; echo $$; exec sleep 1000"]
    try:
        with subprocess.Popen(argv, cwd=tmp_path, env=environment(ENGINE), stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            command = int(run.stdout.readline())
            pidfd = os.pidfd_open(command)
            run.kill()
            _wait_for(pidfd)
        done = dinp_run(ENGINE, "true", folder=tmp_path)
        assert done.code == 0, done.all
        leases = list(Path("/var/lib/dinp/kept").glob(f"{name}/tenants/*/lease.json"))
        assert leases == []
    finally:
        forget_kept(name)


@pytest.mark.parametrize("lost", ["2>/dev/full", "2>&-", "2>&1 >/dev/null | head -c 1"])
def test_who_does_not_read_standard_error_still_has_an_engine(tmp_path: Path, lost: str) -> None:
    words = "docker version >/dev/null && docker ps >/dev/null && echo served >>said; exit 7"
    line = f"{{ '{DINP}' run -- sh -c '{words}'; echo code $? >>said; }} {lost}"
    subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env=environment(ENGINE), stdout=subprocess.DEVNULL, timeout=PATIENCE
    )
    assert (tmp_path / "said").read_text() == "served\ncode 7\n"


def test_a_run_that_cannot_go_on_ends_its_command(tmp_path: Path) -> None:
    lines = [
        "state=/var/lib/dinp/runs/$(basename $(dirname ${DOCKER_HOST#unix://}))/tenants/local",
        "rm -rf $state; touch $state",
        "echo $$; docker version; exec sleep 1000",
    ]
    words = "\n".join(lines)
    done = dinp_run(ENGINE, "sh", "-c", words, folder=tmp_path)
    assert done.code == 70, done.all
    assert not Path("/proc", done.out.split()[0]).exists()


def test_a_signal_ends_the_wait_for_clients_of_a_kept_engine(tmp_path: Path) -> None:
    name = f"test-{os.getpid():x}"
    words = "docker events >seen 2>&1 & while ! test -s seen; do docker volume create >/dev/null; done; exit 4"
    argv = [DINP, "run", "--keep", name, "--", "sh", "-c", words]
    try:
        with subprocess.Popen(argv, cwd=tmp_path, env=environment(ENGINE), stderr=subprocess.PIPE, text=True) as run:
            assert run.stderr is not None
            for line in run.stderr:
                if "clients are still connected" in line:
                    run.send_signal(signal.SIGTERM)
        assert run.returncode == 4
        took = float(re.findall(r"stopping the engine, keeping its cache … (\d+\.\d+) s", line)[0])
        assert took < 15  # of the 30 s that clients would be given
    finally:
        forget_kept(name)


@pytest.mark.parametrize("name", ["../../tmp/x", ".", "a/b", "", "x" * 120])
def test_what_cannot_be_a_name_is_not_kept(tmp_path: Path, name: str) -> None:
    done = dinp_run(ENGINE, "true", folder=tmp_path, options=("--keep", name))
    assert done.code == 2
    assert f'dinp: --keep "{name[:60]}' in done.err


def _wait_for(pidfd: int) -> None:
    import select

    readable, _, _ = select.select([pidfd], [], [], PATIENCE)
    os.close(pidfd)
    assert readable
