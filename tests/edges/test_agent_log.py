"""The agent's log, on a terminal and elsewhere."""

import io
import json
import os
import pty
import re
from contextlib import suppress

import pytest

from dinp.edges.agent_log import AgentLog


def test_elsewhere_each_line_is_an_object_with_tenant_and_engine() -> None:
    stream = io.StringIO()
    log = AgentLog(stream)
    log.say("ready", tenant="team-a")
    log.engine("team-a", "dockerd", "warn", 'it said "no"\tagain')
    own, engines = map(json.loads, stream.getvalue().splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", own.pop("time"))
    assert own == {"level": "info", "tenant": "team-a", "message": "ready"}
    del engines["time"]
    assert engines == {
        "level": "warning", "tenant": "team-a", "engine": "dockerd", "message": 'it said "no"\tagain',
    }  # fmt: skip


def test_on_a_terminal_lines_are_for_people() -> None:
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal, open(ours, "rb", buffering=0) as screen:
        AgentLog(terminal).engine("team-a", "dockerd", "error", "it fell")
        shown = screen.read(4096).decode()
    assert re.fullmatch(r"\x1b\[31m\d\d:\d\d:\d\d team-a/dockerd +it fell\x1b\[0m\r\n", shown)


@pytest.mark.parametrize("level", ["info", "warning"])
def test_quiet_is_about_what_is_not_worth_a_line(level: str) -> None:
    stream = io.StringIO()
    AgentLog(stream, quiet=True).say("so it is", level=level)
    assert bool(stream.getvalue()) is (level == "warning")


@pytest.mark.parametrize("place", ["nobody", "/dev/full"])
def test_nobody_has_to_take_it(place: str) -> None:
    if place == "nobody":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(place, os.O_WRONLY)
    with suppress(OSError), open(writer, "w", encoding="utf-8") as stream:  # closing it fails once more
        AgentLog(stream).say("the work goes on")
        taken = True
    assert taken
