"""Engines whose clients have other files than the agent: what is not a workspace is an error, with each isolation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agents import RunningAgent, agent
from tests.support.engines import import_busybox
from tests.support.ordinary_user import ordinary_user

NOT_SHARED = ("/tmp/x", "/var/tmp/x", "/srv", "/mnt", "/media", "/home/x", "/run/x", "/etc/x", "/x")
"""The state and the workspaces of these tests lie below /tmp, /home and /root."""
TENANT = "team-a"


@pytest.fixture(params=["userns", "rootful", "rootless"])
def apart(request: pytest.FixtureRequest, engine_version: str, tmp_path: Path) -> Iterator[RunningAgent]:
    """An agent with busybox in its engine, and a workspace with a word in it."""
    keys = {"only_workspaces": True}
    if request.param != "rootless":
        work = tmp_path / "work"
        work.mkdir(mode=0o755)
        (work / "word").write_text("seen\n", encoding="ascii")
        keys |= {"workspaces": [{"path": str(work)}]}
        with agent(engine_version, engine={"isolation": request.param}, tenant_keys=keys) as running:
            yield prepared(running, work)
        return
    with ordinary_user() as user:
        work = user.folder("work")
        (work / "word").write_text("seen\n", encoding="ascii")
        os.chown(work / "word", user.uid, user.uid)
        keys |= {"workspaces": [{"path": str(work)}]}
        with agent(engine_version, engine={"isolation": "rootless"}, tenant_keys=keys, user=user) as running:
            yield prepared(running, work)


def prepared(running: RunningAgent, work: Path) -> RunningAgent:
    done = running.script(TENANT, import_busybox())
    assert done.code == 0, f"{done.all}\n{running.log}"
    running.more = {"WORK": str(work)}
    return running


def test_bind_mounts_of_other_paths_are_errors_and_workspaces_are_seen(apart: RunningAgent) -> None:
    tries = "".join(f"docker run --rm -v {path}:/x busybox true 2>/dev/null && echo {path}\n" for path in NOT_SHARED)
    assert apart.script(TENANT, f"{tries}true").out == ""
    said = apart.script(TENANT, "docker run --rm -v /tmp/x:/x busybox true").err
    assert "mkdir /tmp/x: " in said, said
    done = apart.script(
        TENANT,
        "docker run --rm -v $WORK:/w busybox sh -c 'cat /w/word; echo more > /w/more';"
        " docker run --rm --init -p 0:80 -v /var/run/docker.sock:/s busybox sh -c 'test -S /s && echo all'"
        "; printf 'FROM busybox\\nRUN echo built\\n' > $WORK/Dockerfile; docker build -q $WORK >/dev/null; echo $?",
    )
    assert done.out == "seen\nall\n0\n", f"{done.all}\n{apart.log}"
