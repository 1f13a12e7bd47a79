"""What of the machine an engine of `dinp run` sees, and what never."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.agents import agent
from tests.support.engines import environment, import_busybox
from tests.support.running import DINP, Done, dinp_run, script

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")


@pytest.mark.parametrize("folder", ["/", "/var", "/var/lib"])
def test_in_a_directory_of_the_system_the_engine_has_a_tree_of_its_own_all_the_same(
    engine_version: str, folder: str
) -> None:
    before = Path("/var/lib/docker").exists()
    done = script(engine_version, f"{import_busybox('leaked')}; docker images -q | wc -l", folder=Path(folder))
    assert done.out == "1\n", done.all
    assert "is not shown to the engine" in done.err
    assert Path("/var/lib/docker").exists() == before
    again = dinp_run(engine_version, "docker", "images", "-q", folder=Path(folder))
    assert (again.code, again.out) == (0, ""), again.all


@pytest.mark.parametrize("path", ["/", "/var/lib", "/var/lib/dinp", "/var/lib/docker", "/etc/docker", "/run/dinp"])
def test_such_a_directory_cannot_be_named_either(engine_version: str, tmp_path: Path, path: str) -> None:
    done = dinp_run(engine_version, "docker", "version", folder=tmp_path, options=("--workspace", path))
    assert done.code == 2, done.all
    assert f"The workspace {path} " in done.err
    assert "(dinp explain workspace-not-free)" in done.err


def test_the_current_directory_is_seen_by_the_name_that_the_shell_has_for_it(
    engine_version: str, tmp_path: Path
) -> None:
    (tmp_path / "real/below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/below/word").write_text("seen\n", encoding="ascii")
    named = tmp_path / "other"
    named.mkdir()
    (named / "word").write_text("too\n", encoding="ascii")
    (tmp_path / "real/named").symlink_to(named)
    lines = [
        import_busybox(),
        'docker run --rm -v "$PWD:/w" -v "$(pwd -P):/p" busybox cat /w/word /p/word',
        f"docker run --rm -v {tmp_path}/link/named:/w -v {named}:/p busybox cat /w/word /p/word",
    ]
    (tmp_path / "script").write_text("\n".join(lines), encoding="utf-8")
    run = f"{DINP} run --workspace ../named -- sh -eu {tmp_path}/script"
    done = in_shell(engine_version, tmp_path, "cd link/below", run)
    assert done.out.split() == ["seen", "seen", "too", "too"], done.all


def test_a_current_directory_that_was_removed_is_said_and_the_command_runs(engine_version: str, tmp_path: Path) -> None:
    done = in_shell(
        engine_version, tmp_path, 'mkdir gone && cd gone && rmdir "$PWD"', f"{DINP} run -- docker version -f x"
    )
    assert (done.code, done.out) == (0, "x\n"), done.all
    assert "the current directory was removed: the engine sees none" in done.err
    lost = in_shell(
        engine_version, tmp_path, 'mkdir gone && cd gone && rmdir "$PWD"', f"{DINP} run --workspace w -- true"
    )
    assert lost.code == 2, lost.all
    assert re.search(r"The workspace w is not there: the current directory was removed\.", lost.err)


def in_shell(version: str, folder: Path, *lines: str) -> Done:
    """What a shell says that keeps `PWD`, as shells do."""
    argv = ["sh", "-euc", "\n".join(lines)]
    env = environment(version) | {"PWD": str(folder)}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def test_a_workspace_that_is_missing_concerns_its_own_tenant_alone(engine_version: str) -> None:
    with agent(engine_version, ("team-a", "team-b")) as running:
        missing = running.folder / "work"
        running.config["tenants"][0]["workspaces"] = [{"path": str(missing)}]
        running.reload()
        refused = running.docker("team-a", "version")
        assert f"The workspace {missing} is not there." in refused.err, refused.all
        served = running.docker("team-b", "version", "-f", "{{.Server.Os}}")
        assert (served.code, served.out) == (0, "linux\n"), served.all
        missing.mkdir()
        running.reload()  # otherwise clients are refused for some seconds more
        mended = running.docker("team-a", "version", "-f", "{{.Server.Os}}")
        assert (mended.code, mended.out) == (0, "linux\n"), mended.all


MOUNTS = """
mkdir -p bound volume low up work
echo bound > elsewhere/word; chown 1000:1001 elsewhere/word
mount --bind elsewhere bound
mount -t tmpfs none volume
echo volume > volume/word; chown 1000:1001 volume/word
"""
OVERLAY = (
    "mkdir -p {0} && mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work {0} && echo layers > {0}/word"
)


def test_what_is_mounted_below_the_current_directory_is_seen_with_its_owners(
    engine_version: str, tmp_path: Path
) -> None:
    done = among_mounts(
        engine_version,
        tmp_path,
        MOUNTS,
        "docker run --rm -v $PWD/bound:/w busybox sh -c 'cat /w/word; stat -c %u:%g /w/word'",
        "docker run --rm -v $PWD:/w busybox sh -c 'cat /w/volume/word; stat -c %u:%g /w/volume/word'",
    )
    assert done.out.split() == ["bound", "1000:1001", "volume", "1000:1001"], done.all
    assert "belong to nobody" not in done.err


def test_a_mount_below_it_whose_owners_cannot_be_kept_is_named_and_seen_as_it_is(
    engine_version: str, tmp_path: Path
) -> None:
    done = among_mounts(
        engine_version,
        tmp_path,
        MOUNTS + OVERLAY.format("layers"),
        "docker run --rm -v $PWD:/w busybox sh -c 'cat /w/layers/word; stat -c %u:%g /w/layers/word /w/volume/word'",
    )
    assert done.out.split() == ["layers", "65534:65534", "1000:1001"], done.all
    assert f"{tmp_path}/layers, which is mounted in it" in done.err
    assert "belong to nobody" in done.err


def test_such_a_directory_cannot_be_named(engine_version: str, tmp_path: Path) -> None:
    done = among_mounts(
        engine_version, tmp_path, MOUNTS + OVERLAY.format("layers"), "true", options=f"--workspace {tmp_path}"
    )
    assert done.code == 3, done.all
    assert f"{tmp_path}/layers, which is mounted in it" in done.err
    assert "(dinp explain workspace-not-shiftable)" in done.err


def test_a_current_directory_on_overlay_is_shown_as_it_is(engine_version: str, tmp_path: Path) -> None:
    done = among_mounts(
        engine_version,
        tmp_path,
        MOUNTS + OVERLAY.format("root") + "; cd root",
        "docker run --rm -v $PWD:/w busybox sh -c 'cat /w/word; stat -c %u:%g /w/word'",
        "docker run --rm -v $PWD:/w busybox sh -c 'echo changed > /w/word' 2>/dev/null || echo refused",
    )
    assert done.out.split() == ["layers", "65534:65534", "refused"], done.all
    assert f"in containers, files of {tmp_path}/root belong to nobody" in done.err


def among_mounts(version: str, folder: Path, mounts: str, *lines: str, options: str = "") -> Done:
    """What `dinp run` of these lines says where these mounts are, which nobody else sees."""
    (folder / "elsewhere").mkdir()
    (folder / "script").write_text("\n".join((import_busybox(), *lines)), encoding="utf-8")
    run = f"{DINP} run {options} -- sh -eu {folder}/script"
    argv = ["unshare", "--mount", "sh", "-euc", f"{mounts}\n{run}"]
    done = subprocess.run(
        argv, cwd=folder, env=environment(version) | {"PWD": str(folder)}, capture_output=True, text=True, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)
