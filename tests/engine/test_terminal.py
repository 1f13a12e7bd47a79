"""`dinp run` on a terminal: the keys go to the command, the shell above sees one job."""

import os
from pathlib import Path

import pytest

from tests.support.engines import environment
from tests.support.running import DINP
from tests.support.terminal import Terminal

pytestmark = pytest.mark.usefixtures("machine_unchanged_by_each")

ENGINE = "20.10"
"""Terminals are dinp's own business: one engine is enough."""


def test_ctrl_c_is_the_commands(tmp_path: Path) -> None:
    words = "trap 'echo interrupted once; exit 5' INT; docker version >/dev/null; echo up; while :; do read _; done"
    terminal = Terminal([DINP, "run", "--", "sh", "-c", words], environment(ENGINE), tmp_path)
    terminal.shows(r"(?m)^up$")
    terminal.types("\x03")
    terminal.shows("interrupted once")
    assert terminal.ends() == 5
    assert terminal.seen.count("interrupted once") == 1


def test_ctrl_c_ends_a_command_that_does_not_mind(tmp_path: Path) -> None:
    terminal = Terminal([DINP, "run", "--", "sh", "-c", "echo up; exec sleep 1000"], environment(ENGINE), tmp_path)
    terminal.shows(r"(?m)^up$")
    terminal.types("\x03")
    assert terminal.ends() == 130


def test_an_interactive_shell_is_in_the_foreground(tmp_path: Path) -> None:
    terminal = Terminal([DINP, "run", "--", "bash", "--norc", "-i"], environment(ENGINE) | {"PS1": "> "}, tmp_path)
    terminal.shows("> ")
    terminal.types("echo $((6*7))-$DOCKER_HOST\r")
    terminal.shows(r"42-unix:///\S+docker\.sock")
    terminal.types("exit 3\r")
    assert terminal.ends() == 3


def test_ctrl_z_stops_the_job_and_fg_goes_on(tmp_path: Path) -> None:
    shell = Terminal(["bash", "--norc", "-i"], environment(ENGINE) | {"PS1": "ready> "}, tmp_path)
    shell.shows("ready> ")
    shell.types(f"{DINP} run -- sh -c 'docker version -f x{{{{.Server.Os}}}}; echo up; read word; echo got $word'\r")
    shell.shows("xlinux")
    shell.shows("(?m)^up$")
    shell.types("\x1a")
    shell.shows(r"Stopped")
    shell.shows("ready> ")
    shell.types("echo shell-works\r")
    shell.shows(r"(?m)^shell-works$")
    shell.shows("ready> ")
    shell.types("fg\r")
    shell.shows(r"dinp run")
    shell.types("word\r")
    shell.shows(r"(?m)^got word$")
    shell.shows("ready> ")
    shell.types("exit 0\r")
    assert shell.ends() == 0


def test_a_closed_window_ends_everything(tmp_path: Path) -> None:
    words = "docker version >/dev/null; echo up $$; exec sleep 1000"
    terminal = Terminal([DINP, "run", "--", "sh", "-c", words], environment(ENGINE), tmp_path)
    command = int(terminal.shows(r"(?m)^up \d+$").split()[1])
    terminal.hangs_up()
    assert not os.path.exists(f"/proc/{command}")


def test_a_pipeline_shares_the_terminal(tmp_path: Path) -> None:
    shell = Terminal(["bash", "--norc", "-i"], environment(ENGINE) | {"PS1": "ready> "}, tmp_path)
    shell.shows("ready> ")
    shell.types(f"{DINP} run -- sh -c 'sleep 0.1; echo x' | sh -c 'echo asks; read k </dev/tty; echo got-$k; cat'\r")
    shell.shows(r"(?m)^asks$")
    shell.types("key\r")
    shell.shows(r"(?m)^got-key$")
    shell.shows(r"(?m)^x$")
    shell.shows("ready> ")
    shell.types("exit 0\r")
    assert shell.ends() == 0


def test_ctrl_c_in_a_pipeline_reaches_each_part_once(tmp_path: Path) -> None:
    shell = Terminal(["bash", "--norc", "-i"], environment(ENGINE) | {"PS1": "ready> "}, tmp_path)
    shell.shows("ready> ")
    words = 'trap "echo interrupted once; exit 5" INT; echo up; while :; do sleep 0.1; done'
    shell.types(f"{DINP} run -- sh -c '{words}' | sh -c 'trap \"\" INT; cat'; echo codes ${{PIPESTATUS[@]}}\r")
    shell.shows(r"(?m)^up$")
    shell.types("\x03")
    shell.shows(r"(?m)^codes 5 0$")
    assert shell.seen.count("interrupted once\n") == 1
    shell.types("exit 0\r")
    assert shell.ends() == 0


def test_progress_names_the_step_that_it_is_in(tmp_path: Path) -> None:
    words = [DINP, "run", "--", "docker", "version", "-f", "{{.Server.Os}}"]
    terminal = Terminal(words, environment(ENGINE), tmp_path)
    terminal.shows(r"(?m)^dinp: preparing an engine \(userns, \S+\) …$")
    terminal.shows(r"(?m)^dinp: \d+\.\d\d s, starting it …$")
    terminal.shows(r"(?m)^dinp: \d+\.\d\d s, waiting for its first answer …$")
    terminal.shows(r"(?m)^dinp: \d+\.\d\d s$")
    assert terminal.ends() == 0
    assert "\nlinux\n" in terminal.seen
