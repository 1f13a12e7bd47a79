"""A launch that fails says why, whoever notices first: the builder, or the agent that talks to it."""

import os
from pathlib import Path

import pytest

from dinp.edges.launch import launch
from dinp.edges.tree import Materials
from dinp.model.launch_plan import LaunchPlan, TextFile
from dinp.model.problem import WorldRefusedError

OFTEN = 50
"""The two race: what the agent sends may come before the failure, after it, or never be read."""


def refused(folder: Path, plan: LaunchPlan) -> str:
    log = os.open(os.devnull, os.O_WRONLY)
    try:
        with pytest.raises(WorldRefusedError) as error:
            launch(plan, sockets=(), log=log, staging=folder, materials=Materials())
    finally:
        os.close(log)
    return str(error.value)


def test_the_builders_own_words_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    plan = LaunchPlan("a", ("/bin/true",), (), tree=(TextFile(f"{tmp_path}/file/below", ""),))
    for _ in range(OFTEN):
        sentence = refused(tmp_path, plan)
        assert "The engine of tenant a could not be started" in sentence
        assert f"{tmp_path}/file" in sentence


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    for _ in range(OFTEN):
        assert "/not/there" in refused(tmp_path, LaunchPlan("a", ("/not/there",), ()))
